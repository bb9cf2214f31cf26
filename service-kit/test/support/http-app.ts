import { atEnd } from '@my-app/test-support/cleanup';
import { createHttpServer, type HttpApp } from '../../src/http/server.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { Readiness } from '../../src/runtime/readiness.ts';
import { captureLogs } from './logs.ts';

/** A server with the test's routes, listening until the test ends, on a free port unless one is given. */
export async function startHttpApp(addRoutes: (app: HttpApp) => void, at = 0) {
  const api = { title: 'Test', description: 'For a test.', version: '1.2.3' };
  const metrics = createMetrics();
  const readiness = new Readiness();
  const { logger, lines } = captureLogs();
  const { promise, resolve } = Promise.withResolvers<HttpApp>();
  const routes = (app: HttpApp): void => {
    addRoutes(app);
    resolve(app);
  };
  const server = createHttpServer({ logger, metrics, readiness, api, routes: [routes] });
  const port = await server.listen('127.0.0.1', at);
  atEnd(() => server.close());
  return {
    app: await promise,
    server,
    port,
    url: `http://127.0.0.1:${port}`,
    metrics,
    readiness,
    lines,
  };
}
