import { connect } from 'node:net';

/**
 * Sends bytes and returns everything that the server sends before it closes the connection. With
 * `end`, the client closes its side.
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
    // The server may reset the connection while bytes are in transit; its response arrived before.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => resolve(received));
  });
}
