import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { isOverloaded } from '../runtime/overload.ts';
import { HttpProblem } from './problem-details.ts';
import { replyWith } from './problems.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Requests that were accepted and are not answered yet. */
    requestsInFlight: number;
  }
}

/** Refuses requests while the process is overloaded, and logs no more than the request's line. */
export const loadShedding = fp(async (app: FastifyInstance) => {
  app.decorate('requestsInFlight', 0);
  const overloaded = new HttpProblem(503, 'overloaded', { headers: { 'retry-after': '1' } });
  app.addHook('onRequest', (_request, reply, done) => {
    if (isOverloaded(app.requestsInFlight)) {
      replyWith(reply, overloaded);
      return;
    }
    app.requestsInFlight += 1;
    // Fastify's onResponse is not called when the client disconnects.
    reply.raw.once('close', () => {
      app.requestsInFlight -= 1;
    });
    done();
  });
});
