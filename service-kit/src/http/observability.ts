import type { IncomingHttpHeaders } from 'node:http';
import { type Context, type Span, SpanKind, type TextMapGetter } from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { roundMs } from '../runtime/logging.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { pathOf } from '../runtime/path-of.ts';
import { requestIdHeader } from '../runtime/request-id.ts';
import { extractContext, failSpan, logFields, startSpan } from '../runtime/tracing.ts';
import type { HttpServer } from './server.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The request's trace context, for calls that a handler makes. */
    trace: Context;
    span: Span;
    /** The route's pattern: a label with few values, whatever is asked for. */
    route: string;
    /**
     * Aborts when the client leaves without its answer. Fastify's own `signal` does so at the end of
     * every request, and the error that it makes for it costs as much as the rest of Fastify.
     */
    abandoned: AbortSignal;
    abandonment: AbortController | null;
  }
}

/** Gives every request its span, metrics and log line, and answers with its request id. */
export function observeRequests(
  app: HttpServer,
  metrics: Pick<Metrics, 'httpServerDuration' | 'httpServerActive'>,
): void {
  // Set for each request:
  for (const name of ['trace', 'span', 'route', 'abandonment']) app.decorateRequest(name, null);
  app.decorateRequest('abandoned', {
    getter() {
      this.abandonment ??= new AbortController();
      return this.abandonment.signal;
    },
  });

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
    request.log = request.log.child(logFields(request.id, context));
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
    const answered = reply.raw.writableFinished;
    const status = answered ? reply.statusCode : 499;
    const durationMs = reply.elapsedTime;
    if (!answered) request.abandonment?.abort();
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
