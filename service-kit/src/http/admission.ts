import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { type HttpBounds, HttpConnections } from '../runtime/http-connections.ts';
import { replyWith } from './error-handler.ts';
import { HttpProblem } from './problem-details.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Bounds what clients can claim, and knows how many requests are in flight. */
    connections: HttpConnections;
    /** Admits a request, or rejects it and answers. For those that Fastify runs no hooks for. */
    admit(request: FastifyRequest, reply: FastifyReply): boolean;
  }
}

const retryAfter = { 'retry-after': '1' };
const overloaded = new HttpProblem(503, 'overloaded', { headers: retryAfter });
/** The body of a rejected request is not read. */
const overloadedWithBody = new HttpProblem(503, 'overloaded', {
  headers: { ...retryAfter, connection: 'close' },
});

/** Rejects requests beyond the bounds, and while the process is overloaded. It logs no more than the request's line. */
export const admission = fp(async (app: FastifyInstance, bounds: HttpBounds) => {
  const connections = new HttpConnections(app.server, 'http', bounds);
  app.decorate('connections', connections);
  app.decorate('admit', (request: FastifyRequest, reply: FastifyReply): boolean => {
    if (connections.admit(request.raw)) return true;
    const { 'content-length': length, 'transfer-encoding': chunked } = request.headers;
    replyWith(reply, length || chunked ? overloadedWithBody : overloaded);
    return false;
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (app.admit(request, reply)) done();
  });
});
