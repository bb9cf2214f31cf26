import { hang, startFakeServiceA } from '@my-app/test-support/fake-service-a';
import { expectAnswersAt, send } from '@my-app/test-support/http';
import { metric } from '@my-app/test-support/metrics';
import { startServiceA, startServiceB } from '@my-app/test-support/services';
import { expect, test } from 'vitest';

const deadlineMs = 300;

test('a slow Service A results in 504 at most 50 ms after the deadline', async () => {
  const a = await startServiceA({ FAULT_DELAY_MS: 10_000 });
  const b = await startServiceB(a, {
    SERVICE_A_DEADLINE_MS: deadlineMs,
    SERVICE_A_ATTEMPT_TIMEOUT_MS: 100,
  });
  await expectAnswersAt(`${b.http}/ping_service_a`, deadlineMs, ({ status, json }) => {
    expect([status, json.detail]).toEqual([
      504,
      'a service behind this one did not answer in time',
    ]);
  });
});

test('each attempt has a timeout, and the last one gets the remaining time', async () => {
  const timesLeft: number[] = [];
  const a = await startFakeServiceA((call) => {
    timesLeft.push(Number(call.getDeadline()) - Date.now());
    return hang(call);
  });
  const b = await startServiceB(a, {
    SERVICE_A_DEADLINE_MS: 1000,
    SERVICE_A_ATTEMPT_TIMEOUT_MS: 100,
  });
  expect((await send(`${b.http}/ping_service_a`)).status).toBe(504);
  expect(timesLeft).toHaveLength(3);
  const [first, second, third] = timesLeft;
  expect(first).toBeLessThanOrEqual(100);
  expect(second).toBeLessThanOrEqual(100);
  expect(third).toBeGreaterThan(200);
  expect(third).toBeLessThanOrEqual(800);
});

test('no attempt has more time than the call', async () => {
  const a = await startFakeServiceA(hang);
  const b = await startServiceB(a, {
    SERVICE_A_DEADLINE_MS: 200,
    SERVICE_A_ATTEMPT_TIMEOUT_MS: 5000,
  });
  const started = performance.now();
  expect((await send(`${b.http}/ping_service_a`)).status).toBe(504);
  expect(performance.now() - started).toBeLessThan(1000);
  expect(a.calls).toHaveLength(1);
  expect(await metric(b.admin, 'rpc_client_retries_total')).toBe(0);
});
