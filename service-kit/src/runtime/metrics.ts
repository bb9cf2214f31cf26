import { Counter, Gauge, Histogram, type OpenMetricsContentType, Registry } from 'prom-client';

/**
 * Bucket boundaries in seconds: OpenTelemetry's advice for request durations, with two additional ones
 * for fast requests:
 * https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration
 */
export const durationBuckets = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/**
 * The metrics of one process: requests as rate, errors and duration on both sides of HTTP and
 * gRPC, with OpenTelemetry's names and attributes as Prometheus spells them.
 */
export type Metrics = ReturnType<typeof createMetrics>;

/** Creates the metrics, in a separate registry, so that a test can run two services in one process. */
export function createMetrics() {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE); // prom-client requires it for exemplars
  const registers = [registry];
  const buckets = durationBuckets;

  const duration = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Histogram({ name, help, labelNames, buckets, enableExemplars: true, registers });
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers });
  const rpcDuration = (name: string, help: string) =>
    duration(name, help, [
      'rpc_system_name',
      'rpc_method',
      'rpc_status_code',
      'error_type',
      'grpc_type', // of streams
    ]);
  // OpenTelemetry has removed its metrics of messages.
  const messages = (name: string, help: string) => counter(name, help, ['rpc_method']);

  return {
    registry,
    httpServerDuration: duration(
      'http_server_request_duration_seconds',
      'Duration of HTTP server requests.',
      [
        'http_request_method',
        'url_scheme',
        'http_route',
        'http_response_status_code',
        'error_type',
      ],
    ),
    httpServerActive: gauge('http_server_active_requests', 'HTTP requests in flight.'),
    httpClientDuration: duration(
      'http_client_request_duration_seconds',
      'Duration of HTTP client requests.',
      [
        'http_request_method',
        'server_address',
        'server_port',
        'http_response_status_code',
        'error_type',
      ],
    ),
    rpcServerDuration: rpcDuration(
      'rpc_server_call_duration_seconds',
      'Duration of gRPC server calls.',
    ),
    rpcServerActive: gauge('rpc_server_active_calls', 'gRPC calls in flight.'),
    rpcServerMessages: messages(
      'rpc_server_stream_messages_total',
      'Messages that gRPC streams have sent.',
    ),
    rpcClientDuration: rpcDuration(
      'rpc_client_call_duration_seconds',
      'Duration of each attempt of a gRPC client call.',
    ),
    rpcClientRetries: counter('rpc_client_retries_total', 'Retries of gRPC calls.', ['rpc_method']),
    rpcClientMessages: messages(
      'rpc_client_stream_messages_total',
      'Messages that gRPC streams have received.',
    ),
    circuitBreakerState: gauge(
      'circuit_breaker_state',
      '1 for the current state of the circuit breaker, else 0.',
      ['name', 'state'],
    ),
    spansDropped: counter(
      'otel_spans_dropped_total',
      'Spans that were lost because the collector was unavailable or too slow.',
      ['error_type'],
    ),
    certificateExpiry: gauge(
      'tls_certificate_not_after_timestamp_seconds',
      'Expiry of the certificate in use, as a Unix time; 0 without TLS.',
    ),
  };
}
