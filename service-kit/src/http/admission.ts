import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { type HttpBounds, HttpConnections } from '../runtime/http-connections.ts';
import { replyWith } from './error-handler.ts';
import { HttpProblem } from './problem-details.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Limits the resources that clients can use, and counts the requests in flight. */
    connections: HttpConnections;
    /** Admits a request, or rejects it with a response. For requests for which Fastify runs no hooks. */
    admit(request: FastifyRequest, reply: FastifyReply): boolean;
  }
}

const retryAfter = { 'retry-after': '1' };
const overloaded = new HttpProblem(503, 'overloaded', { headers: retryAfter });
/** The body of a rejected request is not read. */
const overloadedWithBody = new HttpProblem(503, 'overloaded', {
  headers: { ...retryAfter, connection: 'close' },
});

/** A chunk of a body, which nobody reads, is freed at once: V8 would collect such chunks only after some 64 MiB. */
function free({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** Rejects requests beyond the limits and under overload. Logs nothing but the request's line. */
export const admission = fp(async (app: FastifyInstance, bounds: HttpBounds) => {
  const connections = new HttpConnections(app.server, 'http', bounds);
  app.decorate('connections', connections);
  app.decorate('admit', (request: FastifyRequest, reply: FastifyReply): boolean => {
    if (connections.admit(request.raw)) return true;
    const { 'content-length': length, 'transfer-encoding': chunked } = request.headers;
    const hasBody = length !== undefined || chunked !== undefined;
    if (hasBody) request.raw.on('data', free);
    replyWith(reply, hasBody ? overloadedWithBody : overloaded);
    return false;
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (app.admit(request, reply)) done();
  });
});
