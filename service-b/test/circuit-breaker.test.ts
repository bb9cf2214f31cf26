import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { type FakeServiceA, fail, startFakeServiceA } from '@my-app/test-support/fake-service-a';
import { type Answer, send } from '@my-app/test-support/http';
import { metric } from '@my-app/test-support/metrics';
import { type ServiceUnderTest, startServiceB } from '@my-app/test-support/services';
import { expect, test, vi } from 'vitest';

const ping = (b: ServiceUnderTest, signal?: AbortSignal): Promise<Answer> =>
  send(`${b.http}/ping_service_a`, { signal });

/** The state whose gauge is 1. */
async function state(b: ServiceUnderTest): Promise<string> {
  const states = ['closed', 'half_open', 'open'];
  const values = await Promise.all(
    states.map((name) =>
      metric(b.admin, 'circuit_breaker_state', { name: 'service-a', state: name }),
    ),
  );
  return states.filter((_, i) => values[i] === 1).join();
}

async function startWithOpenCircuit() {
  const a = await startFakeServiceA(fail(status.INTERNAL));
  const b = await startServiceB(a, { SERVICE_A_DEADLINE_MS: 5000 });
  expect(await state(b)).toBe('closed');
  for (let i = 0; i < 5; i++) expect((await ping(b)).status).toBe(500);
  expect(await state(b)).toBe('open');
  return { a, b };
}

/** Sends requests until one, the trial, reaches A. Returns all of them. */
async function startTrial(
  a: FakeServiceA,
  b: ServiceUnderTest,
  signal?: AbortSignal,
): Promise<Promise<Answer | undefined>[]> {
  const seen = a.calls.length;
  const asked: Promise<Answer | undefined>[] = [];
  while (a.calls.length === seen) {
    asked.push(ping(b, signal).catch(() => undefined));
    await sleep(20);
  }
  return asked;
}

test('an open circuit rejects at once, without calling Service A', async () => {
  const { a, b } = await startWithOpenCircuit();
  const seen = a.calls.length;
  const started = performance.now();
  const answers = await Promise.all([ping(b), ping(b), ping(b)]);
  expect(performance.now() - started).toBeLessThan(200);
  for (const { status: code, headers, json } of answers) {
    expect([code, headers['retry-after']]).toEqual([503, '1']);
    expect(json.detail).toBe('a service behind this one is unavailable');
  }
  expect(a.calls).toHaveLength(seen);
});

test('a half-open circuit allows one trial and closes when it succeeds', async () => {
  const { a, b } = await startWithOpenCircuit();
  const { promise: held, resolve: letGo } = Promise.withResolvers<string>();
  a.behaviour = () => held;
  const opened = performance.now();
  const asked = await startTrial(a, b);
  const waited = performance.now() - opened;
  expect(waited).toBeGreaterThan(400); // of 500 ms
  expect(waited).toBeLessThan(1000);
  expect(await state(b)).toBe('half_open');

  const others = await Promise.all([ping(b), ping(b), ping(b)]);
  expect(others.map((answer) => answer.status)).toEqual([503, 503, 503]);

  letGo('Hello again!');
  expect((await Promise.all(asked)).filter((answer) => answer?.status === 200)).toHaveLength(1);
  expect(await state(b)).toBe('closed');
  expect((await ping(b)).status).toBe(200);
});

test('a half-open circuit opens again when the trial fails', async () => {
  const { a, b } = await startWithOpenCircuit();
  await Promise.all(await startTrial(a, b));
  expect(await state(b)).toBe('open');
  const seen = a.calls.length;
  expect((await ping(b)).status).toBe(503);
  expect(a.calls).toHaveLength(seen);
});

test('client errors do not open the circuit', async () => {
  const a = await startFakeServiceA(fail(status.INVALID_ARGUMENT));
  const b = await startServiceB(a);
  for (let i = 0; i < 20; i++) expect((await ping(b)).status).toBe(400);
  expect(await state(b)).toBe('closed');
});

test('a trial continues when its client disconnects, and still decides the state', async () => {
  const { a, b } = await startWithOpenCircuit();
  const gone = new AbortController();
  const { promise: held, resolve: letGo } = Promise.withResolvers<string>();
  a.behaviour = () => held;
  const asked = await startTrial(a, b, gone.signal);
  gone.abort();
  await Promise.all(asked);
  await sleep(100); // for the cancellation to arrive
  expect(await state(b)).toBe('half_open');
  letGo('Hello again!');
  await vi.waitFor(async () => expect(await state(b)).toBe('closed'));
});

test('clients that disconnect do not keep the circuit open after an outage', async () => {
  const { a, b } = await startWithOpenCircuit();
  a.behaviour = async () => {
    await sleep(30);
    return 'Hello again!';
  };
  let over = false;
  // Far more often than the others, but not so often that a slow machine does nothing else.
  const impatient = Array.from({ length: 4 }, async () => {
    while (!over) {
      await ping(b, AbortSignal.timeout(15)).catch(() => {});
      await sleep(5);
    }
  });
  await sleep(1000); // the circuit is half-open after 500 ms
  for (let i = 0; i < 20; i++) {
    expect((await ping(b)).status).toBe(200);
    await sleep(50);
  }
  over = true;
  await Promise.all(impatient);
});
