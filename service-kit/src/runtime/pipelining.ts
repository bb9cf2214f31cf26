import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

type OnIncoming = (request: IncomingMessage, keepAlive: boolean) => number;

/** Makes the parser treat the following bytes as data of another protocol. */
const notHttp = 2;

/**
 * Calls `starts` with each request whose headers were read. If it returns false, the request is
 * discarded, and the rest of the chunk is not parsed.
 *
 * Node.js reads 64 KiB at a time and creates every request and response in it, up to 3,600, before any
 * is answered. Pausing the socket does not prevent that. No other private API of Node.js is in use.
 *
 * @throws Error if Node.js no longer has it, instead of serving without limits
 */
export function stopParserAfter(
  socket: Socket,
  starts: (request: IncomingMessage) => boolean,
): void {
  const { parser } = socket as { parser?: { onIncoming?: OnIncoming } };
  const onIncoming = parser?.onIncoming;
  if (!onIncoming)
    throw new Error('unsupported Node.js version: pipelining.ts cannot find the HTTP parser');
  parser.onIncoming = (request, keepAlive) =>
    starts(request) ? onIncoming(request, keepAlive) : notHttp;
}
