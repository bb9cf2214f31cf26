import { type Context, type Span, SpanKind } from '@opentelemetry/api';
import { httpMethod } from '../runtime/http-method.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { exemplarOf, failSpan, startSpan } from '../runtime/tracing.ts';

export interface HttpClientCallOptions {
  method: string;
  /** The path without the query, which may contain personal data. */
  url: URL;
  parent: Context;
  metrics: Pick<Metrics, 'httpClientDuration'>;
}

/** A request to another HTTP server, with a CLIENT span and a metric. */
export class HttpClientCall {
  /** With the span as the parent of what the peer does. */
  readonly context: Context;
  readonly #options: HttpClientCallOptions;
  readonly #span: Span;
  readonly #started = performance.now();

  constructor(options: HttpClientCallOptions) {
    const { method, url, parent } = options;
    const attributes = {
      'http.request.method': httpMethod(method),
      'server.address': url.hostname,
      'server.port': portOf(url),
      'url.full': url.href,
    };
    const { span, context } = startSpan(httpMethod(method), SpanKind.CLIENT, attributes, parent);
    this.context = context;
    this.#options = options;
    this.#span = span;
  }

  /** Ends the span and counts the call. `errorType` is the reason if there was no response. */
  finish(status: number | undefined, errorType?: string): void {
    const { method, url, metrics } = this.#options;
    const error = errorType ?? (status !== undefined && status >= 400 ? String(status) : undefined);
    metrics.httpClientDuration.observe({
      labels: {
        http_request_method: httpMethod(method),
        server_address: url.hostname,
        server_port: portOf(url),
        ...(status !== undefined && { http_response_status_code: status }),
        ...(error && { error_type: error }),
      },
      value: (performance.now() - this.#started) / 1000,
      exemplarLabels: exemplarOf(this.#span),
    });
    if (status !== undefined) this.#span.setAttribute('http.response.status_code', status);
    if (error) failSpan(this.#span, error);
    this.#span.end();
  }
}

const portOf = (url: URL): number => Number(url.port || (url.protocol === 'https:' ? 443 : 80));
