import { status } from '@grpc/grpc-js';
import { createName } from '@my-app/test-support/fake-dns';
import { fail, hang, startFakeServiceA } from '@my-app/test-support/fake-service-a';
import { send } from '@my-app/test-support/http';
import { metric } from '@my-app/test-support/metrics';
import { startServiceB } from '@my-app/test-support/services';
import { expect, test } from 'vitest';

const ping = async (b: { http: string }, name = 'ok'): Promise<number> =>
  (await send(`${b.http}/ping_service_a?name=${name}`)).status;

test('if one of two instances of Service A hangs, the other responds', async () => {
  const hanging = await startFakeServiceA();
  const port = Number(hanging.grpc.split(':')[1]);
  const healthy = await startFakeServiceA(undefined, { host: '127.0.0.2', port });
  const name = createName('127.0.0.1', '127.0.0.2');
  const b = await startServiceB(
    { grpc: `${name.host}:${port}` },
    { SERVICE_A_ATTEMPT_TIMEOUT_MS: 500, SERVICE_A_DEADLINE_MS: 10_000 },
  );

  // Connect to both before one of them hangs.
  while (hanging.calls.length === 0 || healthy.calls.length === 0) expect(await ping(b)).toBe(200);
  hanging.behaviour = hang;
  hanging.calls.length = 0;

  for (let i = 0; i < 4; i++) expect(await ping(b)).toBe(200);
  expect(hanging.calls).toHaveLength(1); // after that it is skipped for a second
  expect(await metric(b.admin, 'rpc_client_retries_total')).toBe(hanging.calls.length);
});

test('UNAVAILABLE is retried, and the client does not notice', async () => {
  const a = await startFakeServiceA();
  const b = await startServiceB(a);
  a.behaviour = (call) => (a.calls.length < 3 ? fail(status.UNAVAILABLE)(call) : 'Hello at last!');

  const answer = await send(`${b.http}/ping_service_a`);
  expect(answer.json.service_a.message).toBe('Hello at last!');
  expect(a.calls).toHaveLength(3);
});

test.for(['INTERNAL', 'UNKNOWN', 'RESOURCE_EXHAUSTED', 'INVALID_ARGUMENT', 'ABORTED'] as const)(
  '%s is not retried',
  async (code) => {
    const a = await startFakeServiceA(fail(status[code]));
    const b = await startServiceB(a);
    await ping(b);
    expect(a.calls).toHaveLength(1);
  },
);

test('retries stop when the budget is spent, and successes earn it back', async () => {
  const a = await startFakeServiceA((call) =>
    call.request.name === 'fail' ? fail(status.UNAVAILABLE)(call) : 'Hello!',
  );
  const b = await startServiceB(a);
  async function attemptsOfOneFailure(): Promise<number> {
    const before = a.calls.length;
    expect(await ping(b, 'fail')).toBe(503);
    return a.calls.length - before;
  }
  // Two successes per failure keep the circuit breaker closed.
  const attempts: number[] = [];
  for (let i = 0; i < 10; i++) {
    await ping(b);
    await ping(b);
    attempts.push(await attemptsOfOneFailure());
  }
  expect(attempts.slice(0, 4)).toEqual([3, 3, 3, 3]);
  expect(attempts.slice(-2)).toEqual([1, 1]);

  for (let i = 0; i < 25; i++) await ping(b);
  expect(await attemptsOfOneFailure()).toBe(3);
});
