import { Readable } from 'node:stream';
import httpProxy, { type FastifyHttpProxyOptions } from '@fastify/http-proxy';
import {
  type HttpApp,
  HttpClientCall,
  HttpProblem,
  type HttpRoutes,
  sendProblem,
} from '@my-app/service-kit/http';
import type { Metrics } from '@my-app/service-kit/runtime';
import { requestIdHeader } from '@my-app/service-kit/runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';

export interface ProxyOptions {
  url: string;
  /** For the answer's head, and for each part of its body, in ms. */
  deadlineMs: number;
  metrics: Pick<Metrics, 'httpClientDuration'>;
}

const prefix = '/service_a';

/** /service_a/* is passed through to the HTTP API of Service A. */
export function serviceAProxy(options: ProxyOptions): HttpRoutes {
  const calls = new WeakMap<object, HttpClientCall>();
  const startCall = (request: FastifyRequest): HttpClientCall => {
    const path = request.url.slice(prefix.length).replace(/\?.*$/, '');
    const call = new HttpClientCall({
      method: request.method,
      url: new URL(path, options.url),
      parent: request.origin.trace,
      metrics: options.metrics,
    });
    calls.set(request, call);
    return call;
  };

  const passThrough = {
    upstream: options.url,
    prefix,
    proxyPayloads: false, // see readBodies
    disableRequestLogging: true,
    undici: {
      connections: 256,
      connectTimeout: options.deadlineMs,
      headersTimeout: options.deadlineMs,
      bodyTimeout: options.deadlineMs,
    },
    replyOptions: {
      // Once, and only where a kept connection turned out to be closed and the method is safe. To
      // set this also ends reply-from's habit of repeating a GET ten times on 503.
      retriesCount: 1,
      rewriteRequestHeaders: (request, headers) => {
        const forwarded = withoutHopByHop(headers);
        forwarded[requestIdHeader] = request.id;
        return startCall(request as FastifyRequest).inject(forwarded);
      },
      rewriteHeaders: (headers) => {
        const passedBack = withoutHopByHop(headers);
        delete passedBack[requestIdHeader]; // ours is the same, or in place of it
        return passedBack;
      },
      onResponse: (request, reply, response) => {
        const { stream } = response as unknown as { stream: Readable };
        if (reply.sent) {
          stream.destroy(); // Its status was none, and onError has answered.
          return;
        }
        calls.get(request)?.finish(reply.statusCode);
        reply.send(stream);
      },
      onError: (reply, { error }) => {
        const problem = problemOf(error);
        calls.get(reply.request)?.finish(undefined, codeOf(error));
        sendProblem(reply as FastifyReply, problem);
      },
    },
  } satisfies FastifyHttpProxyOptions;

  return async (app) => {
    // Service A documents its own routes.
    app.addHook('onRoute', (route) => {
      route.schema = { ...route.schema, hide: true };
    });
    readBodies(app);
    await app.register(httpProxy, passThrough);
  };
}

/**
 * Reads a body, up to the server's limit, before anything is sent to Service A. A body that is
 * passed on while it arrives is left half read where Service A answers early, and its connection
 * hangs.
 */
function readBodies(app: HttpApp): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, Readable.from([body])),
  );
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const hopByHop = new Set([
  'connection',
  'expect', // by then it is met
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function withoutHopByHop<Headers extends Record<string, unknown>>(headers: Headers): Headers {
  const listed = listedIn(headers.connection);
  const kept: Record<string, unknown> = {};
  for (const name in headers) {
    if (!hopByHop.has(name) && !listed.includes(name)) kept[name] = headers[name];
  }
  return kept as Headers;
}

/** What a connection header names is for this hop only. */
function listedIn(connection: unknown): string[] {
  return connection === undefined ? [] : `${connection}`.toLowerCase().split(/\s*,\s*/);
}

function codeOf(error: Error): string {
  return `${((error.cause ?? error) as NodeJS.ErrnoException).code ?? error.name}`;
}

/** The reasons that undici and the operating system have, by their codes. */
function problemOf(error: Error): HttpProblem {
  const code = codeOf(error);
  const late = code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_CONNECT_TIMEOUT';
  return late
    ? new HttpProblem(504, 'Service A did not answer in time', { cause: error })
    : new HttpProblem(502, 'Service A cannot be reached', { cause: error });
}
