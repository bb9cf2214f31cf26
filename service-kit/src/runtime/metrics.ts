import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/**
 * Seconds. OpenTelemetry's advice for request durations, with two finer steps at the fast end:
 * https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration
 */
const durationBuckets = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/**
 * The metrics of one process: requests as rate, errors and duration on both sides of HTTP and
 * gRPC, named as OpenTelemetry names them, and Node's own.
 */
export interface Metrics {
  registry: Registry;
  httpServerDuration: Histogram<'http_request_method' | 'http_route' | 'http_response_status_code'>;
  httpServerActive: Gauge;
  httpClientDuration: Histogram<
    'server_address' | 'http_request_method' | 'http_response_status_code'
  >;
  rpcServerDuration: Histogram<'rpc_method' | 'rpc_response_status_code'>;
  rpcServerActive: Gauge;
  rpcClientDuration: Histogram<'rpc_method' | 'rpc_response_status_code'>;
  rpcClientRetries: Counter<'rpc_method'>;
  circuitBreakerState: Gauge<'name' | 'state'>;
  certificateExpiry: Gauge;
}

/** Makes the metrics, in a registry of their own so that a test can have two services in a process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const duration = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Histogram({ name, help, labelNames, buckets: durationBuckets, registers });
  return {
    registry,
    httpServerDuration: duration(
      'http_server_request_duration_seconds',
      'Duration of HTTP requests as the server sees them.',
      ['http_request_method', 'http_route', 'http_response_status_code'],
    ),
    httpServerActive: new Gauge({
      name: 'http_server_active_requests',
      help: 'HTTP requests under way.',
      registers,
    }),
    httpClientDuration: duration(
      'http_client_request_duration_seconds',
      'Duration of HTTP requests as the client sees them.',
      ['server_address', 'http_request_method', 'http_response_status_code'],
    ),
    rpcServerDuration: duration(
      'rpc_server_call_duration_seconds',
      'Duration of gRPC calls as the server sees them.',
      ['rpc_method', 'rpc_response_status_code'],
    ),
    rpcServerActive: new Gauge({
      name: 'rpc_server_active_calls',
      help: 'gRPC calls under way.',
      registers,
    }),
    rpcClientDuration: duration(
      'rpc_client_call_duration_seconds',
      'Duration of gRPC attempts as the client sees them; each retry is one.',
      ['rpc_method', 'rpc_response_status_code'],
    ),
    rpcClientRetries: new Counter({
      name: 'rpc_client_retries_total',
      help: 'gRPC attempts that repeat a failed one.',
      labelNames: ['rpc_method'],
      registers,
    }),
    circuitBreakerState: new Gauge({
      name: 'circuit_breaker_state',
      help: '1 for the state that the circuit breaker is in.',
      labelNames: ['name', 'state'],
      registers,
    }),
    certificateExpiry: new Gauge({
      name: 'tls_certificate_not_after_timestamp_seconds',
      help: 'When the certificate in use expires, as a Unix time; 0 without TLS.',
      registers,
    }),
  };
}
