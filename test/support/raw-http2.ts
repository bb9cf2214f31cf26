import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { atEnd } from './cleanup.ts';

/** An HTTP/2 frame: https://www.rfc-editor.org/rfc/rfc9113#section-4.1 */
export function h2Frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export const frameType = { data: 0, headers: 1, settings: 4, unknown: 0xee };

/** A connection with these streams opened as gRPC calls. The test writes raw bytes to it. */
export async function openCalls(
  address: string,
  path: string,
  streams: number,
  metadata: Record<string, string> = {},
): Promise<Socket> {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host);
  atEnd(() => socket.destroy());
  socket.on('error', () => {}); // the server may reset it
  socket.resume();
  await once(socket, 'connect');
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  socket.write(h2Frame(frameType.settings, 0, 0, Buffer.of()));
  socket.write(h2Frame(frameType.settings, 1, 0, Buffer.of())); // acknowledges the server's settings
  const headers = Buffer.concat([
    Buffer.of(0x83, 0x86), // :method POST, :scheme http
    header(':path', path),
    header(':authority', address),
    header('content-type', 'application/grpc'),
    ...Object.entries(metadata).map(([name, value]) => header(name, value)),
  ]);
  for (let n = 0; n < streams; n++) {
    socket.write(h2Frame(frameType.headers, 4, 2 * n + 1, headers));
  }
  return socket;
}

/** A literal header field without indexing: https://www.rfc-editor.org/rfc/rfc7541#section-6.2.2 */
function header(name: string, value: string): Buffer {
  const [key, text] = [Buffer.from(name), Buffer.from(value)];
  return Buffer.concat([Buffer.of(0, key.length), key, Buffer.of(text.length), text]);
}
