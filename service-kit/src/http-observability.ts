import type { IncomingHttpHeaders } from 'node:http';
import { type Context, type Span, SpanKind, type TextMapGetter } from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpServer } from './http-server.ts';
import { roundMs } from './logging.ts';
import type { Metrics } from './metrics.ts';
import { pathOf } from './path-of.ts';
import { requestIdHeader } from './request-id.ts';
import { extractContext, failSpan, startSpan, traceIds } from './tracing.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The request's trace context, for calls that a handler makes. */
    trace: Context;
    span: Span;
    /** The route's pattern: a label with few values, whatever is asked for. */
    route: string;
  }
}

/** Gives every request its span, metrics and log line, and answers with its request id. */
export function observeRequests(
  app: HttpServer,
  metrics: Pick<Metrics, 'httpServerDuration' | 'httpServerActive'>,
): void {
  for (const name of ['trace', 'span', 'route']) app.decorateRequest(name, null); // set for each request

  app.addHook('onRequest', (request, reply, done) => {
    const parent = extractContext(request.headers, headerGetter);
    const route = request.routeOptions.url ?? 'unmatched'; // Fastify puts it together at each look.
    const attributes = {
      'http.request.method': request.method,
      'http.route': route,
      'url.path': pathOf(request.url),
    };
    const { span, context } = startSpan(
      `${request.method} ${route}`,
      SpanKind.SERVER,
      attributes,
      parent,
    );
    request.route = route;
    request.span = span;
    request.trace = context;
    request.log = request.log.child({ request_id: request.id, ...traceIds(context) });
    reply.log = request.log;
    reply.header(requestIdHeader, request.id);
    metrics.httpServerActive.inc();
    // Fastify's onResponse would not do: it is not called where the client has gone.
    reply.raw.once('close', () => finish(request, reply));
    done();
  });

  function finish(request: FastifyRequest, reply: FastifyReply): void {
    const { route } = request;
    // What the client did not wait for was no answer, whatever was put together for it.
    const status = reply.raw.writableFinished ? reply.statusCode : 499;
    const durationMs = reply.elapsedTime;
    metrics.httpServerActive.dec();
    metrics.httpServerDuration.observe(
      {
        http_request_method: request.method,
        http_route: route,
        http_response_status_code: String(status),
      },
      durationMs / 1000,
    );
    request.span.setAttribute('http.response.status_code', status);
    if (status >= 500) failSpan(request.span, String(status));
    request.span.end();
    // Neither the query nor the path's own values: they are what people typed.
    request.log.info(
      { method: request.method, route, status, duration_ms: roundMs(durationMs) },
      'request',
    );
  }
}

const headerGetter: TextMapGetter<IncomingHttpHeaders> = {
  keys: (headers) => Object.keys(headers),
  get: (headers, key) => headers[key],
};
