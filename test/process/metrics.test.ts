import { send } from '@my-app/test-support/http';
import { metric } from '@my-app/test-support/metrics';
import { patientEnv, startServiceA, startServiceB } from '@my-app/test-support/services';
import { expect, test } from 'vitest';

test('the metrics of a ping and a proxied request have the documented names', async () => {
  const a = await startServiceA();
  const b = await startServiceB(a, patientEnv);
  await send(`${b.http}/ping_service_a`);
  await send(`${b.http}/service_a/greeting?name=`);
  await send(`${b.http}/service_a/there/is/no/such/path`);

  const rpc = {
    rpc_system_name: 'grpc',
    rpc_method: 'greeting.v1.GreetingService/Greet',
    rpc_status_code: 'OK',
  };
  const http = (route: string, status: number) => ({
    http_request_method: 'GET',
    url_scheme: 'http',
    http_route: route,
    http_response_status_code: status,
  });
  const server = 'http_server_request_duration_seconds';
  const client = 'http_client_request_duration_seconds';
  const expected: [string, string, Record<string, string | number>, number][] = [
    [b.admin, `${server}_count`, http('/ping_service_a', 200), 1],
    [b.admin, `${server}_bucket`, { ...http('/ping_service_a', 200), le: '+Inf' }, 1],
    [b.admin, `${server}_count`, http('/service_a/*', 400), 1],
    [b.admin, `${client}_count`, { server_address: '127.0.0.1', http_request_method: 'GET' }, 2],
    [b.admin, `${client}_count`, { server_port: new URL(a.http).port }, 2],
    [b.admin, `${client}_count`, { http_response_status_code: 404, error_type: 404 }, 1],
    [b.admin, 'rpc_client_call_duration_seconds_count', rpc, 1],
    [b.admin, 'circuit_breaker_state', { name: 'service-a', state: 'closed' }, 1],
    [b.admin, 'circuit_breaker_state', { name: 'service-a' }, 1],
    [a.admin, 'rpc_server_call_duration_seconds_count', rpc, 1],
    [a.admin, `${server}_count`, http('/greeting', 400), 1],
    [a.admin, `${server}_count`, http('unmatched', 404), 1],
  ];
  for (const [admin, name, labels, value] of expected) {
    expect(await metric(admin, name, labels), `${name} ${JSON.stringify(labels)}`).toBe(value);
  }
  const { text } = await send(`${a.admin}/metrics`);
  expect(text).toMatch(/^http_server_active_requests 0$/m);
  expect(text).toMatch(/^rpc_server_active_calls 0$/m);
  expect(text).toMatch(/^tls_certificate_not_after_timestamp_seconds 0$/m);
  expect(await metric(a.admin, 'process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
  expect(await metric(a.admin, 'nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
});

test('series for ratios and increases exist before the first request', async () => {
  const a = await startServiceA();
  const b = await startServiceB(a);
  const ping = 'http_route="/ping_service_a",http_response_status_code';
  const { text } = await send(`${b.admin}/metrics`);
  expect(text).toContain(`${ping}="200"} 0`);
  expect(text).toContain(`${ping}="503",error_type="503"} 0`);
  expect(text).toMatch(/^rpc_client_retries_total\{.*\} 0$/m);
  expect(text).toMatch(/^rpc_client_call_duration_seconds_count\{.*"UNAVAILABLE".*\} 0$/m);
});
