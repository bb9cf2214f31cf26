import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { pathOf } from './path-of.ts';
import type { Readiness } from './readiness.ts';
import type { Server } from './server.ts';

/**
 * For the kubelet, Prometheus and operators, on a port of its own: `/livez` (the process answers),
 * `/readyz` (it accepts requests, or why not) and `/metrics`.
 */
export function createAdminServer(readiness: Readiness, registry: Registry): Server {
  const routes: Record<string, (response: ServerResponse) => Promise<void> | void> = {
    '/livez': (response) => sendJson(response, 200, { status: 'live' }),
    '/readyz': (response) =>
      sendJson(response, readiness.reason === null ? 200 : 503, {
        status: readiness.reason ?? 'ready',
        ...readiness.notes,
      }),
    '/metrics': async (response) => {
      const text = await registry.metrics();
      response.writeHead(200, { 'content-type': registry.contentType }).end(text);
    },
  };
  const server = createServer({ requestTimeout: 5000 }, (request, response) => {
    void answer(routes, request, response);
  });
  return {
    async listen(host, port) {
      await once(server.listen(port, host), 'listening'); // rejects on 'error'
      return (server.address() as AddressInfo).port;
    },
    async close() {
      server.close();
      server.closeAllConnections(); // nobody waits for a scrape or a probe
    },
  };
}

async function answer(
  routes: Record<string, (response: ServerResponse) => Promise<void> | void>,
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const route = routes[pathOf(url)];
  if (!route) {
    sendJson(response, 404, { status: 'not found', try: Object.keys(routes) });
  } else if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    sendJson(response, 405, { status: 'use GET' });
  } else {
    await route(response);
  }
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
