import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OpenMetricsContentType, Registry } from 'prom-client';
import { expose } from './exposition.ts';
import { type HttpBounds, HttpConnections, nodeLimits } from './http-connections.ts';
import { pathOf } from './path-of.ts';
import { RateLimit } from './rate-limit.ts';
import type { Readiness } from './readiness.ts';
import type { Server } from './server.ts';

export interface AdminResponse {
  status: number;
  /** An object is sent as JSON. */
  body: object | string;
  contentType?: string;
}

/** A path of the admin port, by method. */
export interface AdminRoute {
  GET(request: IncomingMessage): AdminResponse | Promise<AdminResponse>;
  /** Receives the parsed JSON body. */
  POST?(json: unknown): AdminResponse;
}

export interface AdminServer extends Server {
  /** Adds a service-specific route. */
  add(path: string, route: AdminRoute): void;
}

const maxBodyBytes = 1024;

/** docs/limits.md derives these limits: a probe every few seconds, and some Prometheus servers. */
const bounds: HttpBounds = {
  connections: 640, // half of them for new ones, of which a probe's must be read before it makes room
  requests: 8,
  body: maxBodyBytes,
  bodies: 8 * maxBodyBytes,
  unsent: 2 * 1024 * 1024,
};

/** A scrape blocks the event loop for some milliseconds, which delays probes and requests. */
const scrapesPerSecond = 50;

const safeHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** Exempt from the limits: they cost little, and Kubernetes restarts the container if they fail. */
const probes = ['/livez', '/readyz'];

/**
 * Serves the kubelet, Prometheus and operators on a separate port: `/livez` (the process responds),
 * `/readyz` (it accepts requests, or the reason why not) and `/metrics`.
 */
export function createAdminServer(
  readiness: Readiness,
  registry: Registry<OpenMetricsContentType>,
): AdminServer {
  const scrapes = new RateLimit(scrapesPerSecond);
  const routes = new Map<string, AdminRoute>();
  routes.set('/livez', { GET: () => ({ status: 200, body: { status: 'live' } }) });
  routes.set('/readyz', {
    GET: () => ({
      status: readiness.reason === null ? 200 : 503,
      body: { status: readiness.reason ?? 'ready', ...readiness.notes },
    }),
  });
  routes.set('/metrics', {
    async GET({ headers }) {
      if (!scrapes.allow()) return { status: 503, body: { status: 'too many scrapes' } };
      return { status: 200, ...(await expose(registry, headers.accept)) };
    },
  });
  const server = createServer(nodeLimits, async (request, response) => {
    const isProbe = probes.includes(`${request.url}`);
    if (!isProbe && !connections.admit(request)) {
      response.writeHead(503, { 'retry-after': '1', connection: 'close' }).end();
      return;
    }
    const { status, body, contentType = 'application/json', allow } = await answer(routes, request);
    if (allow) response.setHeader('allow', allow);
    response.writeHead(status, { 'content-type': contentType, ...safeHeaders });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  const connections = new HttpConnections(server, 'admin', bounds);
  return {
    add: (path, route) => void routes.set(path, route),
    async listen(host, port) {
      const listening = server.listen({ host, port, backlog: bounds.connections });
      await once(listening, 'listening'); // rejects on 'error'
      return (server.address() as AddressInfo).port;
    },
    async close() {
      server.close();
      server.closeAllConnections(); // scrapes and probes need not complete
    },
  };
}

async function answer(
  routes: Map<string, AdminRoute>,
  request: IncomingMessage,
): Promise<AdminResponse & { allow?: string }> {
  const route = routes.get(pathOf(`${request.url}`));
  if (!route) return { status: 404, body: { status: 'not found', try: [...routes.keys()] } };
  if (request.method === 'GET' || request.method === 'HEAD') return route.GET(request);
  if (request.method !== 'POST' || !route.POST) {
    const allow = route.POST ? 'GET, HEAD, POST' : 'GET, HEAD';
    return { status: 405, body: { status: 'method not allowed' }, allow };
  }
  try {
    return route.POST(JSON.parse(await readBody(request)));
  } catch (error) {
    return { status: 400, body: { status: 'bad request', detail: (error as Error).message } };
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > maxBodyBytes)
      throw new Error(`the body is longer than ${maxBodyBytes} bytes`);
  }
  return text;
}
