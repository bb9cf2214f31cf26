import { connect } from 'node:net';

/** The status of a GET on this machine, or 0 where nobody listens: as quick as can be. */
export function rawGet(port: number, path: string): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('connect', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    });
    socket.on('data', (data) => {
      resolve(Number(data.toString('latin1', 9, 12)));
      socket.destroy();
    });
    socket.on('error', () => resolve(0));
    socket.on('close', () => resolve(0));
  });
}
