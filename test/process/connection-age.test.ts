import { once } from 'node:events';
import { greetingClient } from '@my-app/test-support/grpc';
import { keepAliveAgent, send } from '@my-app/test-support/http';
import { startLoad } from '@my-app/test-support/load';
import { spawnService } from '@my-app/test-support/processes';
import { rawGrpc } from '@my-app/test-support/raw-grpc';
import { patientEnv, startServiceA, startServiceB } from '@my-app/test-support/services';
import { expect, test } from 'vitest';

test('no call of a plain client without a retry policy fails', { timeout: 120_000 }, async () => {
  const a = await spawnService('service-a', { GRPC_MAX_CONNECTION_AGE_MS: 500 });
  const greet = greetingClient(a.grpc);
  const load = startLoad(async () => (await greet()) && 'OK', { concurrency: 40, pauseMs: 0 });
  const enough = load.answered(10_000);
  for (let ages = 0; ages < 5; ages++) await once(rawGrpc(a.grpc), 'goaway');
  await enough;
  const { total, statuses } = await load.stop();
  expect(statuses).toEqual({ OK: total });
});

test('a call in flight is answered', async () => {
  const a = await spawnService('service-a', {
    GRPC_MAX_CONNECTION_AGE_MS: 200,
    FAULT_DELAY_MS: 800,
  });
  const greet = greetingClient(a.grpc);
  const load = startLoad(async () => (await greet()) && 'OK', { concurrency: 20, pauseMs: 10 });
  await load.answered(60);
  const { total, statuses } = await load.stop();
  expect(statuses).toEqual({ OK: total });
});

test('no request to Service B fails', async () => {
  const a = await startServiceA({ GRPC_MAX_CONNECTION_AGE_MS: 500 });
  const b = await startServiceB(a, patientEnv);
  const agent = keepAliveAgent();
  const load = startLoad(async () => (await send(`${b.http}/ping_service_a`, { agent })).status, {
    pauseMs: 0,
  });
  await load.answered(3000);
  const { statuses } = await load.stop();
  expect(Object.keys(statuses)).toEqual(['200']);
});
