import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';

/** For browsers and caches, https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers */
const safe = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** Disables MIME sniffing and caching, unless a handler sets these headers. */
export const safeHeaders = fp(async (app: FastifyInstance) => {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(safe);
    done();
  });
});
