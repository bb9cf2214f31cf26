import { once } from 'node:events';
import { status } from '@grpc/grpc-js';
import { greetingClient, watchHealth } from '@my-app/test-support/grpc';
import { send } from '@my-app/test-support/http';
import { startServiceA } from '@my-app/test-support/services';
import { describe, expect, test } from 'vitest';

describe('faults', () => {
  test('are off by default and not shown in /readyz', async () => {
    const a = await startServiceA();
    expect((await send(`${a.admin}/readyz`)).json).toEqual({ status: 'ready' });
  });

  test('are shown in /readyz and apply to both protocols', async () => {
    const a = await startServiceA({ FAULT_ERROR_RATE: 1, FAULT_DELAY_MS: 20 });
    expect((await send(`${a.admin}/readyz`)).json).toEqual({
      status: 'ready',
      faults: 'faults are injected: requests are delayed by 20 ms, 100 % fail',
    });

    const started = performance.now();
    const answer = await send(`${a.http}/greeting`);
    expect(performance.now() - started).toBeGreaterThanOrEqual(19);
    expect(answer).toMatchObject({ status: 500, json: { detail: 'internal error' } });
    await expect(greetingClient(a.grpc)()).rejects.toMatchObject({
      code: status.INTERNAL,
      details: 'internal error',
    });
  });
});

test('startup fails if a port is in use', async () => {
  const a = await startServiceA();
  const [http, grpc] = [new URL(a.http).port, a.grpc.split(':')[1] ?? ''];
  await expect(startServiceA({ HTTP_PORT: http })).rejects.toThrow(`port ${http} is in use`);
  await expect(startServiceA({ GRPC_PORT: grpc })).rejects.toThrow(`port ${grpc} is in use`);
});

test('while draining, gRPC health is NOT_SERVING and calls are still answered', async () => {
  const a = await startServiceA({ DRAIN_DELAY_MS: 300 });
  const greet = greetingClient(a.grpc);
  await greet();
  const watch = watchHealth(a.grpc, 'greeting.v1.GreetingService');
  expect(await once(watch, 'data')).toMatchObject([{ status: 'SERVING' }]);
  const stopped = a.stop();
  expect(await once(watch, 'data')).toMatchObject([{ status: 'NOT_SERVING' }]);
  expect((await send(`${a.admin}/readyz`)).json).toEqual({ status: 'draining' });
  expect(await greet('Ada')).toBe('Hello Ada, from Service A!');
  await stopped;
});
