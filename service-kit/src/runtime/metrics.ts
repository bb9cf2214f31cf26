import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_RPC_METHOD,
  ATTR_RPC_STATUS_CODE,
  ATTR_RPC_SYSTEM_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_SCHEME,
  METRIC_HTTP_CLIENT_REQUEST_DURATION,
  METRIC_HTTP_SERVER_REQUEST_DURATION,
  METRIC_RPC_CLIENT_CALL_DURATION,
  METRIC_RPC_SERVER_CALL_DURATION,
} from '@opentelemetry/semantic-conventions';
import { Counter, Gauge, Histogram, type OpenMetricsContentType, Registry } from 'prom-client';
import { prometheusName } from './prometheus-names.ts';

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
 * gRPC, with OpenTelemetry's names and attributes.
 */
export type Metrics = ReturnType<typeof createMetrics>;

/** Creates the metrics, in a separate registry, so that a test can run two services in one process. */
export function createMetrics() {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE); // prom-client requires it for exemplars
  const registers = [registry];

  const duration = <Attribute extends string>(
    name: string,
    help: string,
    attributes: Attribute[],
  ) =>
    new Histogram({
      name: `${prometheusName(name)}_seconds`,
      help,
      labelNames: attributes.map((attribute) => prometheusName(attribute)),
      buckets: durationBuckets,
      enableExemplars: true,
      registers,
    });
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const rpcAttributes = [
    ATTR_RPC_SYSTEM_NAME,
    ATTR_RPC_METHOD,
    ATTR_RPC_STATUS_CODE,
    ATTR_ERROR_TYPE,
    'grpc_type', // of streams
  ];
  const messages = (side: string, help: string) =>
    new Counter({
      name: `rpc_${side}_stream_messages_total`, // OpenTelemetry has removed its metrics of messages
      help,
      labelNames: [prometheusName(ATTR_RPC_METHOD)],
      registers,
    });

  return {
    registry,
    httpServerDuration: duration(
      METRIC_HTTP_SERVER_REQUEST_DURATION,
      'Duration of HTTP server requests.',
      [
        ATTR_HTTP_REQUEST_METHOD,
        ATTR_URL_SCHEME,
        ATTR_HTTP_ROUTE,
        ATTR_HTTP_RESPONSE_STATUS_CODE,
        ATTR_ERROR_TYPE,
      ],
    ),
    httpServerActive: gauge('http_server_active_requests', 'HTTP requests in flight.'),
    httpClientDuration: duration(
      METRIC_HTTP_CLIENT_REQUEST_DURATION,
      'Duration of HTTP client requests.',
      [
        ATTR_HTTP_REQUEST_METHOD,
        ATTR_SERVER_ADDRESS,
        ATTR_SERVER_PORT,
        ATTR_HTTP_RESPONSE_STATUS_CODE,
        ATTR_ERROR_TYPE,
      ],
    ),
    rpcServerDuration: duration(
      METRIC_RPC_SERVER_CALL_DURATION,
      'Duration of gRPC server calls.',
      rpcAttributes,
    ),
    rpcServerActive: gauge('rpc_server_active_calls', 'gRPC calls in flight.'),
    rpcServerMessages: messages('server', 'Messages that gRPC streams have sent.'),
    rpcClientDuration: duration(
      METRIC_RPC_CLIENT_CALL_DURATION,
      'Duration of each attempt of a gRPC client call.',
      rpcAttributes,
    ),
    rpcClientRetries: new Counter({
      name: 'rpc_client_retries_total',
      help: 'Retries of gRPC calls.',
      labelNames: [prometheusName(ATTR_RPC_METHOD)],
      registers,
    }),
    rpcClientMessages: messages('client', 'Messages that gRPC streams have received.'),
    circuitBreakerState: gauge(
      'circuit_breaker_state',
      '1 for the current state of the circuit breaker, else 0.',
      ['name', 'state'],
    ),
    spansDropped: new Counter({
      name: 'otel_spans_dropped_total',
      help: 'Spans that were lost because the collector was unavailable or too slow.',
      labelNames: [prometheusName(ATTR_ERROR_TYPE)],
      registers,
    }),
    certificateExpiry: gauge(
      'tls_certificate_not_after_timestamp_seconds',
      'Expiry of the certificate in use, as a Unix time; 0 without TLS.',
    ),
  };
}
