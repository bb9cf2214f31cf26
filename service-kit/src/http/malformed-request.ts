import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { problemContentType, problemDetails } from './problem-details.ts';

const statuses: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Responds to bytes that are not valid HTTP and so no request, and closes the connection. */
export function answerMalformed(
  { connections, observeMalformed }: FastifyInstance,
  error: NodeJS.ErrnoException,
  socket: Socket,
): void {
  if (connections.isAnswering(socket)) {
    // The invalid bytes follow a valid request.
    connections.endAfterAnswer(socket);
    socket.pause();
    return;
  }
  if (error.code === 'ECONNRESET' || !socket.writable || connections.hasAnswered(socket)) {
    socket.destroy();
    return;
  }
  const status = statuses[`${error.code}`] ?? 400;
  observeMalformed(status, error.code);
  const body = JSON.stringify(problemDetails(status, 'the request is not valid HTTP'));
  socket.write(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `Content-Type: ${problemContentType}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
  socket.destroySoon(); // end() alone would wait for the client to close
}
