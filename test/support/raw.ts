import { connect } from 'node:net';

/**
 * What a server answers to these bytes before it closes the connection, as text. With `end`, the
 * client says that nothing else will come.
 */
export function sendRaw(
  port: number,
  bytes: string | Uint8Array,
  { end = false } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () =>
      end ? socket.end(bytes) : socket.write(bytes),
    );
    socket.setEncoding('latin1').on('data', (text) => {
      received += text;
    });
    // What is cut while there are bytes on the way ends like this: the answer came before.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => resolve(received));
  });
}
