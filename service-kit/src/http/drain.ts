import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Readiness } from '../runtime/readiness.ts';

/** While the service drains, every response closes its connection. */
export const drain = fp(async (app: FastifyInstance, { readiness }: { readiness: Readiness }) => {
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (readiness.draining) reply.header('connection', 'close');
    done();
  });
});

/** Time at shutdown, in ms, for a client to send its request or to read its response. */
const patience = 2000;

/**
 * Accepts no new connections, disconnects slow clients, and resolves when every request is answered.
 *
 * Fastify closes the connections that are idle when it starts to close. Those that become idle later
 * would be kept for the whole keep-alive timeout, and those never used until the client closes them:
 * https://github.com/fastify/fastify/issues/7044
 */
export async function closeGracefully(app: FastifyInstance): Promise<void> {
  const started = performance.now();
  let idleChecks = 0;
  const sweep = setInterval(() => {
    app.server.closeIdleConnections();
    if (performance.now() - started > patience) app.connections.closeWaiting('shutdown');
    idleChecks = app.connections.inFlight === 0 ? idleChecks + 1 : 0;
    if (idleChecks > 1) app.server.closeAllConnections();
  }, 50);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
  }
}
