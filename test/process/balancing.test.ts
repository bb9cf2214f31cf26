import { status } from '@grpc/grpc-js';
import { createName } from '@my-app/test-support/fake-dns';
import { fail, startFakeServiceA } from '@my-app/test-support/fake-service-a';
import { keepAliveAgent, send } from '@my-app/test-support/http';
import { type Load, startLoad } from '@my-app/test-support/load';
import { metric } from '@my-app/test-support/metrics';
import {
  patientEnv,
  type ServiceUnderTest,
  startServiceA,
  startServiceB,
} from '@my-app/test-support/services';
import { expect, test, vi } from 'vitest';

const calls = ({ admin }: ServiceUnderTest): Promise<number> =>
  metric(admin, 'rpc_server_call_duration_seconds_count', { rpc_status_code: 'OK' });

/** How many of the next requests each instance gets. */
async function shares(load: Load, services: ServiceUnderTest[], requests = 600): Promise<number[]> {
  const before = await Promise.all(services.map(calls));
  await load.answered(requests);
  const after = await Promise.all(services.map(calls));
  return after.map((count, i) => count - (before[i] ?? 0));
}

function expectBalanced(counts: number[]): void {
  expect(Math.max(...counts) / Math.min(...counts), `${counts}`).toBeLessThan(1.1);
}

test('changing instances of Service A share the load evenly, and no request fails', async () => {
  const first = await startServiceA();
  const port = Number(first.grpc.split(':')[1]);
  const another = (host: string): Promise<ServiceUnderTest> =>
    startServiceA({ HOST: host, GRPC_PORT: port });
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
  await vi.waitFor(async () => expect(await calls(third)).toBeGreaterThan(0), 15_000);
  expect(performance.now() - added).toBeLessThan(10_000);
  expectBalanced(await shares(load, [first, second, third]));

  name.addresses = ['127.0.0.2', '127.0.0.3'];
  await vi.waitFor(async () => expect((await shares(load, [first], 20))[0]).toBe(0), 20_000);
  await first.stop();
  expectBalanced(await shares(load, [second, third]));

  const { statuses } = await load.stop();
  expect(Object.keys(statuses)).toEqual(['200']);
}, 90_000);

test('a wrong address is dropped, and connections to the others stay open', async () => {
  const connections = new Set<string>();
  const healthy = await startFakeServiceA((call) => {
    connections.add(call.getPeer()); // "unknown" once the call has ended
    return 'Hello';
  });
  const port = Number(healthy.grpc.split(':')[1]);
  const wrong = await startFakeServiceA(fail(status.UNIMPLEMENTED), { host: '127.0.0.2', port });
  const name = createName('127.0.0.1', '127.0.0.2');
  const b = await startServiceB({ grpc: `${name.host}:${port}` });
  const ping = async (): Promise<number> => (await send(`${b.http}/ping_service_a`)).status;
  while (wrong.calls.length === 0) await ping();

  name.addresses = ['127.0.0.1'];
  const { lookups } = name;
  // An address is kept until two lookups did not have it.
  await vi.waitFor(() => expect(name.lookups).toBe(lookups + 2), { timeout: 20_000, interval: 20 });
  await vi.waitFor(async () => {
    for (let i = 0; i < 10; i++) expect(await ping()).toBe(200);
  });
  await vi.waitFor(() => expect(name.lookups).toBe(lookups + 3), { timeout: 20_000 });
  expect(await ping()).toBe(200);
  expect([...connections]).toEqual([expect.stringMatching(/^127.0.0.1:\d+$/)]);
}, 60_000);

test('a name that resolves to a dead address every other time fails no call', async () => {
  const healthy = await startFakeServiceA();
  const port = Number(healthy.grpc.split(':')[1]);
  const name = createName('127.0.0.1');
  const b = await startServiceB({ grpc: `${name.host}:${port}` });
  const load = startLoad(async () => (await send(`${b.http}/ping_service_a`)).status);
  await load.answered(20);
  for (let rounds = 0; rounds < 2; rounds++) {
    for (const address of ['192.0.2.1', '127.0.0.1']) {
      name.addresses = [address]; // 192.0.2.1 answers nobody
      const { lookups } = name;
      await vi.waitFor(() => expect(name.lookups).toBeGreaterThan(lookups), 20_000);
      await load.answered(50);
    }
  }
  expect(Object.keys((await load.stop()).statuses)).toEqual(['200']);
}, 60_000);
