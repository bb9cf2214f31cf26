import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { hang, startFakeServiceA } from '@my-app/test-support/fake-service-a';
import { send } from '@my-app/test-support/http';
import { metric } from '@my-app/test-support/metrics';
import { spawnService } from '@my-app/test-support/processes';
import { addressOf, patientEnv, startServiceB } from '@my-app/test-support/services';
import { expect, test, vi } from 'vitest';

const requestCount = 'http_server_request_duration_seconds_count';

test('a client that disconnects cancels the call to Service A, and counts as 499', async () => {
  const a = await startFakeServiceA(hang);
  const b = await spawnService('service-b', { ...addressOf(a), ...patientEnv });

  const client = new AbortController();
  const answer = send(`${b.http}/ping_service_a`, { signal: client.signal });
  await vi.waitFor(() => expect(a.calls).toHaveLength(1), 20_000);
  const cancelled = once(a.calls[0] as NonNullable<(typeof a.calls)[0]>, 'cancelled');
  client.abort();
  await expect(answer).rejects.toThrow('aborted');
  await cancelled;

  const line = await b.logged(({ msg }) => msg === 'request');
  expect(line).toMatchObject({ http_route: '/ping_service_a', http_response_status_code: 499 });
  expect(await metric(b.admin, requestCount, { http_response_status_code: 499 })).toBe(1);
  const call = { rpc_status_code: 'CANCELLED' };
  expect(await metric(b.admin, 'rpc_client_call_duration_seconds_count', call)).toBe(1);
  expect(await metric(b.admin, 'rpc_client_retries_total')).toBe(0);
  expect(await metric(b.admin, 'http_server_active_requests')).toBe(0);
});

// A Node.js server gives up a connection after 1000 resets, as its guard against HTTP/2's rapid reset.
test('hundreds of disconnecting clients fail no call of others', {
  timeout: 60_000,
}, async () => {
  const a = await startFakeServiceA(async () => {
    await sleep(100);
    return 'Hello';
  });
  const b = await startServiceB(a, patientEnv);
  const ping = async (signal?: AbortSignal) =>
    (await send(`${b.http}/ping_service_a`, { signal })).status;
  const cancelled = () =>
    metric(b.admin, 'rpc_client_call_duration_seconds_count', { rpc_status_code: 'CANCELLED' });
  const statuses: number[] = [];
  while ((await cancelled()) < 1300) {
    const gone = Array.from({ length: 90 }, () => ping(AbortSignal.timeout(60)).catch(() => {}));
    // More than the retry budget has retries, as all are on the connection that is lost.
    statuses.push(...(await Promise.all(Array.from({ length: 30 }, () => ping()))));
    await Promise.all(gone);
  }
  expect(new Set(statuses)).toEqual(new Set([200]));
  const closed = { name: 'service-a', state: 'closed' };
  expect(await metric(b.admin, 'circuit_breaker_state', closed)).toBe(1);
});
