import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

type OnIncoming = (request: IncomingMessage, keepAlive: boolean) => number;

/** Tells the parser that what follows is not HTTP. */
const notHttp = 2;

/**
 * Calls `starts` with each request whose headers were read. If it returns false, nothing becomes of the request, and
 * nothing that follows in the same chunk is parsed.
 *
 * Node.js reads 64 KiB at a time and creates every request and response in it, up to 3,600, before any is answered; to
 * pause the socket does not stop it. This is the one private part of Node.js that is used here.
 *
 * @throws Error if Node.js no longer has it, rather than to serve without limits
 */
export function stopParserAfter(
  socket: Socket,
  starts: (request: IncomingMessage) => boolean,
): void {
  const { parser } = socket as { parser?: { onIncoming?: OnIncoming } };
  const onIncoming = parser?.onIncoming;
  if (!onIncoming)
    throw new Error('Node.js has changed: pipelining.ts does not find its HTTP parser');
  parser.onIncoming = (request, keepAlive) =>
    starts(request) ? onIncoming(request, keepAlive) : notHttp;
}
