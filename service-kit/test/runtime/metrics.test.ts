import { expect, test } from 'vitest';
import { createMetrics } from '../../src/runtime/metrics.ts';

test('uses the names of OpenTelemetry', async () => {
  const names = createMetrics()
    .registry.getMetricsAsArray()
    .map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      'http_server_request_duration_seconds',
      'http_server_active_requests',
      'http_client_request_duration_seconds',
      'rpc_server_call_duration_seconds',
      'rpc_server_active_calls',
      'rpc_client_call_duration_seconds',
      'rpc_client_retries_total',
      'circuit_breaker_state',
      'tls_certificate_not_after_timestamp_seconds',
    ]),
  );
});

test('keeps the metrics of two services in a process separate', async () => {
  const [one, other] = [createMetrics(), createMetrics()];
  one.rpcServerActive.inc();
  expect(await other.registry.metrics()).toContain('rpc_server_active_calls 0');
});
