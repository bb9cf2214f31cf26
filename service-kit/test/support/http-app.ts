import { atEnd } from '../../../test/support/cleanup.ts';
import { closeHttp, createHttpServer, type HttpServer, listenHttp } from '../../src/http/server.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { Readiness } from '../../src/runtime/readiness.ts';
import { captureLogs } from './logs.ts';

/** A server with the routes that the test adds, listening on a free port until the test ends. */
export async function startHttpApp(
  addRoutes: (app: HttpServer) => void,
  api = { title: 'Test', description: 'For a test.', version: '1.2.3' },
) {
  const metrics = createMetrics();
  const readiness = new Readiness();
  const { logger, lines } = captureLogs();
  const app = await createHttpServer({ logger, metrics, readiness, api });
  addRoutes(app);
  const port = await listenHttp(app, '127.0.0.1', 0);
  atEnd(() => closeHttp(app));
  return { app, port, url: `http://127.0.0.1:${port}`, metrics, readiness, lines };
}
