/** NODE_OPTIONS that make Service B respond with 500 to this share of the requests. */
export const failingAnswers = (share: number): string =>
  patchedResponses(`
    const { writeHead } = ServerResponse.prototype;
    ServerResponse.prototype.writeHead = function (status, ...rest) {
      const fails = this.socket?.localPort === 8012 && Math.random() < ${share};
      return writeHead.call(this, fails ? 500 : status, ...rest);
    };`);

/** NODE_OPTIONS that make Service B end each response this much later. */
export const slowAnswers = (ms: number): string =>
  patchedResponses(`
    const { end } = ServerResponse.prototype;
    ServerResponse.prototype.end = function (...rest) {
      if (this.socket?.localPort !== 8012) return end.apply(this, rest);
      setTimeout(() => end.apply(this, rest), ${ms});
      return this;
    };`);

/** By a module that Node.js loads first. */
function patchedResponses(patch: string): string {
  const module = `import { ServerResponse } from 'node:http';${patch}`;
  return `--import=data:text/javascript,${encodeURIComponent(module)}`;
}
