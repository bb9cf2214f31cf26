import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { type Bounds, Guard } from '../runtime/connection-limits.ts';
import { countShed, isOverloaded } from '../runtime/overload.ts';
import { replyWith } from './error-handler.ts';
import { HttpProblem } from './problem-details.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Bounds what clients can claim, and knows how many requests are in flight. */
    guard: Guard;
    /** Whether to go on with a request; if not, it is answered. For those that Fastify runs no hooks for. */
    admit(request: FastifyRequest, reply: FastifyReply): boolean;
  }
}

const retryAfter = { 'retry-after': '1' };
const overloaded = new HttpProblem(503, 'overloaded', { headers: retryAfter });
// What is left of the request is not read.
const full = new HttpProblem(503, 'overloaded', {
  headers: { ...retryAfter, connection: 'close' },
});

/** Refuses requests beyond the bounds, and while the process is overloaded. It logs no more than the request's line. */
export const loadShedding = fp(async (app: FastifyInstance, bounds: Bounds) => {
  const guard = new Guard(app.server, bounds);
  app.decorate('guard', guard);
  app.decorate('admit', (request: FastifyRequest, reply: FastifyReply): boolean => {
    if (isOverloaded(guard.requests)) {
      replyWith(reply, overloaded);
      return false;
    }
    const verdict = guard.admit(request.raw, reply.raw);
    if (verdict === 'admitted') return true;
    countShed();
    if (verdict === 'dropped') reply.hijack();
    else replyWith(reply, verdict === 'closing' ? full : overloaded);
    return false;
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (app.admit(request, reply)) done();
  });
});
