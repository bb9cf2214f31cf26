import { expect, test, vi } from 'vitest';
import { keepAliveAgent, send } from './support/http.ts';
import { type Load, startLoad } from './support/load.ts';
import { metric } from './support/metrics.ts';
import { createName } from './support/names.ts';
import {
  patientEnv,
  type ServiceUnderTest,
  startServiceA,
  startServiceB,
} from './support/services.ts';

const calls = ({ admin }: ServiceUnderTest): Promise<number> =>
  metric(admin, 'rpc_server_call_duration_seconds_count', { rpc_status_code: 'OK' });

/** How many of the next requests each gets. */
async function shares(load: Load, services: ServiceUnderTest[], requests = 600): Promise<number[]> {
  const before = await Promise.all(services.map(calls));
  await load.answered(requests);
  const after = await Promise.all(services.map(calls));
  return after.map((count, i) => count - (before[i] ?? 0));
}

function expectBalanced(counts: number[]): void {
  expect(Math.max(...counts) / Math.min(...counts), `${counts}`).toBeLessThan(1.1);
}

test('Services A that come and go share the load evenly, and no request fails', async () => {
  const env = { GRPC_MAX_CONNECTION_AGE_MS: 1000 };
  const first = await startServiceA(env);
  const port = Number(first.grpc.split(':')[1]);
  const another = (host: string): Promise<ServiceUnderTest> =>
    startServiceA({ ...env, HOST: host, GRPC_PORT: port });
  const second = await another('127.0.0.2');
  const name = createName('127.0.0.1', '127.0.0.2');
  const b = await startServiceB({ grpc: `${name.host}:${port}` }, patientEnv);

  const agent = keepAliveAgent();
  const load = startLoad(async () => (await send(`${b.http}/ping_service_a`, { agent })).status, {
    concurrency: 4,
    pauseMs: 2,
  });
  await load.answered(50);
  expectBalanced(await shares(load, [first, second]));

  const third = await another('127.0.0.3');
  name.addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
  const added = performance.now();
  await vi.waitFor(async () => expect(await calls(third)).toBeGreaterThan(0), 10_000);
  expect(performance.now() - added).toBeLessThan(5000);
  expectBalanced(await shares(load, [first, second, third]));

  name.addresses = ['127.0.0.2', '127.0.0.3'];
  await first.stop();
  expectBalanced(await shares(load, [second, third]));

  const { statuses } = await load.stop();
  expect(Object.keys(statuses)).toEqual(['200']);
}, 90_000);
