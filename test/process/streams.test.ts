import { once } from 'node:events';
import { status } from '@grpc/grpc-js';
import { greetEach, greetingClient } from '@my-app/test-support/grpc';
import { send } from '@my-app/test-support/http';
import { metric } from '@my-app/test-support/metrics';
import { spawnService } from '@my-app/test-support/processes';
import { expect, test, vi } from 'vitest';

const names = Array.from({ length: 1000 }, () => 'Ada');

test('a stream that is open at SIGTERM goes on while the service drains, and ends as UNAVAILABLE', async () => {
  const a = await spawnService('service-a', { FAULT_DELAY_MS: 50, DRAIN_DELAY_MS: 500 });
  const stream = greetEach(a.grpc, names);
  let messages = 0;
  stream.on('data', () => messages++);
  const ended = once(stream, 'error').catch((error: unknown) => [error]);
  await vi.waitFor(() => expect(messages).toBeGreaterThan(1));

  const signalled = performance.now();
  a.kill('SIGTERM');
  await a.logged(({ msg }) => msg === 'draining');
  const before = messages;
  await vi.waitFor(() => expect(messages).toBeGreaterThan(before));
  expect((await send(`${a.admin}/livez`)).status).toBe(200);
  expect(await ended).toMatchObject([{ code: status.UNAVAILABLE }]);
  expect((await a.exited).code).toBe(0);
  expect(performance.now() - signalled).toBeLessThan(3000);
  expect(a.logs).toContainEqual(
    expect.objectContaining({ msg: 'call', rpc_status_code: 'UNAVAILABLE' }),
  );
});

test('streams that nobody reads at SIGTERM do not delay the shutdown', async () => {
  const a = await spawnService('service-a');
  // Answers of 170 KiB, and HTTP/2's window has 64 KiB.
  const long = Array.from({ length: 5000 }, () => 'A');
  for (let n = 0; n < 20; n++) greetEach(a.grpc, long).on('error', () => {});
  await active(a.admin, 20);
  const signalled = performance.now();
  a.kill('SIGTERM');
  expect((await a.exited).code).toBe(0);
  expect(performance.now() - signalled).toBeLessThan(3000);
});

test('a service with streams open answers calls', async () => {
  const a = await spawnService('service-a', { FAULT_DELAY_MS: 20 });
  const streams = Array.from({ length: 20 }, () => greetEach(a.grpc, names));
  for (const stream of streams) stream.resume().on('error', () => {});
  await active(a.admin, 20);
  expect(await greetingClient(a.grpc)('Ada')).toBe('Hello Ada, from Service A!');
  for (const stream of streams) stream.cancel();
  await active(a.admin, 0);
});

const active = (admin: string, calls: number): Promise<void> =>
  vi.waitFor(async () => expect(await metric(admin, 'rpc_server_active_calls')).toBe(calls), 5000);
