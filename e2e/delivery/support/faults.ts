/** NODE_OPTIONS that make Service B respond with 500 to this share of the requests, by a module that Node.js loads first. */
export function failingAnswers(share: number): string {
  const module = `
    import { ServerResponse } from 'node:http';
    const { writeHead } = ServerResponse.prototype;
    ServerResponse.prototype.writeHead = function (status, ...rest) {
      const fails = this.socket?.localPort === 8012 && Math.random() < ${share};
      return writeHead.call(this, fails ? 500 : status, ...rest);
    };`;
  return `--import=data:text/javascript,${encodeURIComponent(module)}`;
}
