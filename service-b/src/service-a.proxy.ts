import { Readable } from 'node:stream';
import httpProxy, { type FastifyHttpProxyOptions } from '@fastify/http-proxy';
import { type HttpApp, HttpProblem, type HttpRoutes, sendProblem } from '@my-app/service-kit/http';
import type { Metrics } from '@my-app/service-kit/runtime';
import { requestIdHeader } from '@my-app/service-kit/runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { cancellableAgent, withSignal } from './cancellable-agent.ts';
import { clientLeft, deadlineExceeded, ProxiedCall } from './proxied-call.ts';

export interface ProxyOptions {
  url: string;
  /** Timeout for the response headers, a retry included, and then for each chunk of the body, in ms. */
  deadlineMs: number;
  metrics: Pick<Metrics, 'httpClientDuration'>;
}

const prefix = '/service_a';
const retryDelayMs = 20;

/** Forwards /service_a/* to the HTTP API of Service A. */
export function serviceAProxy(options: ProxyOptions): HttpRoutes {
  const calls = new WeakMap<object, ProxiedCall>();
  const startCall = (request: FastifyRequest): ProxiedCall => {
    const path = request.url.slice(prefix.length).replace(/\?.*$/, '');
    const call = new ProxiedCall(request, new URL(path, options.url), options);
    calls.set(request, call);
    return call;
  };

  const passThrough = {
    upstream: options.url,
    prefix,
    proxyPayloads: false, // see readBodies
    disableRequestLogging: true,
    undici: cancellableAgent({
      connections: 256,
      connectTimeout: options.deadlineMs,
      headersTimeout: 0, // undici's may be 500 ms late: see ProxiedCall
      bodyTimeout: options.deadlineMs,
    }),
    replyOptions: {
      // Retries safe methods once, if a kept-alive connection was closed or the connection was refused. Setting
      // this also stops reply-from from repeating a GET ten times on 503.
      retriesCount: 1,
      retryDelay: ({ err, req, res, attempt, getDefaultDelay }) =>
        codeOf(err) === 'ECONNREFUSED' && attempt === 0 && !req.body
          ? retryDelayMs
          : getDefaultDelay(req, res, err, attempt),
      rewriteRequestHeaders: (request, headers) => {
        const forwarded = withoutHopByHop(headers);
        forwarded[requestIdHeader] = request.id;
        const call = startCall(request as FastifyRequest);
        return withSignal(call.inject(forwarded), call.signal);
      },
      rewriteHeaders: (headers) => {
        const passedBack = withoutHopByHop(headers);
        delete passedBack[requestIdHeader]; // Service B sets its own
        return passedBack;
      },
      onResponse: (request, reply, response) => {
        const { stream } = response as unknown as { stream: Readable };
        if (reply.sent) {
          stream.destroy(); // Its status was invalid, and onError has already responded.
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
    // reply-from logs each error with its stack, and sendProblem already logs it in one line.
    const quiet = app.log.child({}, { level: 'silent' });
    app.addHook('onRequest', async (request) => {
      request.log = quiet;
    });
    readBodies(app);
    await app.register(httpProxy, passThrough);
  };
}

/**
 * Reads the whole body, up to the server's limit, before sending anything to Service A. If the body
 * were streamed and Service A responded early, the rest would stay unread and the connection would hang.
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
  'expect', // already handled by this server
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

/** Headers that the connection header names are hop-by-hop, too. */
function listedIn(connection: unknown): string[] {
  return connection === undefined ? [] : `${connection}`.toLowerCase().split(/\s*,\s*/);
}

function codeOf(error: unknown): string {
  const { code, name } = ((error as Error)?.cause ?? error ?? {}) as NodeJS.ErrnoException;
  return `${code ?? name}`;
}

/** Maps error codes of undici, the operating system and ProxiedCall to a response. */
function problemOf(error: Error): HttpProblem {
  switch (codeOf(error)) {
    case clientLeft:
      return new HttpProblem(499, 'the client disconnected', { cause: error });
    case deadlineExceeded:
    case 'UND_ERR_CONNECT_TIMEOUT':
      return new HttpProblem(504, 'Service A did not answer in time', { cause: error });
    default:
      return new HttpProblem(502, 'Service A cannot be reached', {
        cause: error,
        headers: { 'retry-after': '1' },
      });
  }
}
