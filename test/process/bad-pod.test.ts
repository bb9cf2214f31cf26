import { Metadata, status } from '@grpc/grpc-js';
import { createName } from '@my-app/test-support/fake-dns';
import {
  type Behaviour,
  type FakeServiceA,
  fail,
  garbage,
  hang,
  startFakeServiceA,
} from '@my-app/test-support/fake-service-a';
import { keepAliveAgent, send } from '@my-app/test-support/http';
import { startLoad } from '@my-app/test-support/load';
import { startServiceB } from '@my-app/test-support/services';
import { expect, test } from 'vitest';

/** Service B, under load, with this many pods of Service A. */
async function start(count: number) {
  const first = await startFakeServiceA();
  const port = Number(first.grpc.split(':')[1]);
  const hosts = Array.from({ length: count }, (_, i) => `127.0.0.${i + 1}`);
  const others = hosts.slice(1).map((host) => startFakeServiceA(undefined, { host, port }));
  const pods = [first, ...(await Promise.all(others))];
  const name = createName(...hosts);
  const b = await startServiceB({ grpc: `${name.host}:${port}` });
  const agent = keepAliveAgent();
  const load = startLoad(async () => (await send(`${b.http}/ping_service_a`, { agent })).status, {
    concurrency: 4,
  });
  await load.answered(count * 10);
  /** The share of the next calls that succeed. */
  const successes = async (calls: number): Promise<number> => {
    const ok = () => load.result.statuses[200] ?? 0;
    const before = { ok: ok(), total: load.result.total };
    await load.answered(calls);
    return (ok() - before.ok) / (load.result.total - before.total);
  };
  return { pods, load, successes };
}

const pushback: Behaviour = () => {
  const metadata = new Metadata();
  metadata.set('grpc-retry-pushback-ms', '-1');
  throw { code: status.UNAVAILABLE, details: 'overloaded', metadata };
};

test.for([
  ['UNAVAILABLE', 2, fail(status.UNAVAILABLE)],
  ['UNAVAILABLE', 3, fail(status.UNAVAILABLE)],
  ['INTERNAL', 3, fail(status.INTERNAL)],
  ['RESOURCE_EXHAUSTED', 3, fail(status.RESOURCE_EXHAUSTED)],
  ['wrong bytes', 3, () => garbage],
  ['INTERNAL', 10, fail(status.INTERNAL)],
] as const)('one pod that answers %s, of %i, fails at most one call in a hundred', async (row) => {
  const [, count, behaviour] = row;
  const { pods, load, successes } = await start(count);
  const [bad] = pods as [FakeServiceA];
  bad.behaviour = behaviour;
  await load.answered(300); // until it is found out
  const seen = bad.calls.length;
  expect(await successes(500)).toBeGreaterThanOrEqual(0.99);
  expect(bad.calls.length - seen).toBeLessThan(15);
});

test('one pod of three that freezes fails at most two calls in a hundred, from the start', async () => {
  const { pods, successes } = await start(3);
  const [frozen] = pods as [FakeServiceA];
  frozen.behaviour = hang;
  expect(await successes(1000)).toBeGreaterThanOrEqual(0.98);
});

test('when all pods fail, none is ejected, and all are used again soon after', async () => {
  const { pods, load, successes } = await start(3);
  for (const pod of pods) pod.behaviour = fail(status.INTERNAL);
  await load.answered(200);
  for (const pod of pods) {
    pod.behaviour = () => 'Hello again!';
    pod.calls.length = 0;
  }
  while (pods.some((pod) => pod.calls.length < 10)) await load.answered(10);
  expect(await successes(200)).toBe(1);
});

test('a pod that sheds load is not ejected, so that the others are not overloaded', async () => {
  const { pods, load } = await start(3);
  const [busy] = pods as [FakeServiceA];
  busy.behaviour = pushback;
  await load.answered(100);
  const before = busy.calls.length;
  await load.answered(300);
  expect(busy.calls.length - before).toBeGreaterThan(80);
});
