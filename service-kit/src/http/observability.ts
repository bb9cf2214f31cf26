import { defaultTextMapGetter, type Span, SpanKind } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { httpMethod } from '../runtime/http-method.ts';
import { LogSampler } from '../runtime/log-sampler.ts';
import { type Logger, roundMs } from '../runtime/logging.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { pathOf } from '../runtime/path-of.ts';
import { requestIdHeader } from '../runtime/request-id.ts';
import { exemplarOf, extractContext, failSpan, logFields, startSpan } from '../runtime/tracing.ts';
import { RequestContext } from './request-context.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** For a request without a route lookup, for which Fastify runs no hooks. */
    observe(request: FastifyRequest, reply: FastifyReply): void;
    /** For a response to bytes that are not a request. */
    observeMalformed(status: number, reason: string | undefined): void;
  }
  interface FastifyRequest {
    /** The context of the calls that a handler makes. */
    callContext: RequestContext;
    span: Span;
    /** The route's pattern: a label with few values, whatever the URL. */
    route: string;
  }
}

/** Maximum number of log lines per second for failed requests. */
const failuresLogged = new LogSampler(100);

interface Options {
  logger: Logger;
  metrics: Pick<Metrics, 'httpServerDuration' | 'httpServerActive'>;
}

/** Adds a span, metrics, a log line and a call context to every request, and the request id to its response. */
export const observability = fp(async (app: FastifyInstance, { logger, metrics }: Options) => {
  for (const name of ['callContext', 'span', 'route']) app.decorateRequest(name, null); // set below

  // The series exist before the first request, for ratios and increases.
  app.addHook('onRoute', ({ method, url, schema }) => {
    if (!schema?.response || method === 'HEAD') return;
    for (const status of [200, 500, 503]) {
      metrics.httpServerDuration.zero(labelsOf(`${method}`, 'http', url, status));
    }
  });

  app.decorate('observe', observe);
  app.decorate('observeMalformed', (status: number, reason: string | undefined) => {
    const labels = labelsOf('_OTHER', 'http', 'unmatched', status);
    metrics.httpServerDuration.observe({ labels, value: 0 });
    const sample = failuresLogged.next();
    if (sample)
      logger.info({ http_response_status_code: status, reason, ...sample }, 'malformed request');
  });
  app.addHook('onRequest', (request, reply, done) => {
    observe(request, reply);
    done();
  });

  function observe(request: FastifyRequest, reply: FastifyReply): void {
    const parent = extractContext(request.headers, defaultTextMapGetter);
    const route = request.routeOptions.url ?? 'unmatched'; // computed by Fastify on each access
    const method = httpMethod(request.method);
    // A proxy may pass on anything, and a request whose body was refused has no scheme any more.
    const scheme = request.protocol === 'https' ? 'https' : 'http';
    const attributes = {
      'http.request.method': method,
      'http.route': route,
      'url.path': pathOf(request.url),
      'url.scheme': scheme,
    };
    const { span, context } = startSpan(`${method} ${route}`, SpanKind.SERVER, attributes, parent);
    request.route = route;
    request.span = span;
    request.callContext = new RequestContext(request.id, context);
    request.log = request.log.child(logFields(request.id, context));
    reply.log = request.log;
    reply.header(requestIdHeader, request.id);
    metrics.httpServerActive.inc();
    // Fastify's onResponse is not called when the client disconnects.
    reply.raw.once('close', () => finish(request, reply, scheme));
  }

  function finish(request: FastifyRequest, reply: FastifyReply, scheme: string): void {
    const { route, span } = request;
    const answered = reply.raw.writableFinished;
    const status = answered ? reply.statusCode : 499; // 499: the client disconnected first
    const durationMs = reply.elapsedTime;
    if (!answered) request.callContext.disconnected();
    metrics.httpServerActive.dec();
    metrics.httpServerDuration.observe({
      labels: labelsOf(request.method, scheme, route, status),
      value: durationMs / 1000,
      exemplarLabels: exemplarOf(span),
    });
    span.setAttribute('http.response.status_code', status);
    if (status >= 500) failSpan(span, String(status));
    span.end();
    const sample = status >= 400 ? failuresLogged.next() : {};
    if (!sample) return;
    // Without the query and the values in the path, which may be personal data.
    reply.log.info(
      {
        http_request_method: request.method,
        http_route: route,
        http_response_status_code: status,
        duration_ms: roundMs(durationMs),
        ...sample,
      },
      'request',
    );
  }
});

const labelsOf = (method: string, scheme: string, route: string, status: number) => ({
  http_request_method: httpMethod(method),
  url_scheme: scheme,
  http_route: route,
  http_response_status_code: String(status),
  ...(status >= 500 && { error_type: String(status) }),
});
