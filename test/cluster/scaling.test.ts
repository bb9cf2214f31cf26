import { setTimeout as sleep } from 'node:timers/promises';
import { release } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { kubectl } from '@my-app/test-support/cluster/kubectl';
import { expectNoFailures, startLoad } from '@my-app/test-support/cluster/load';
import { settled } from '@my-app/test-support/cluster/pods';
import { portForward } from '@my-app/test-support/cluster/port-forward';
import { metric } from '@my-app/test-support/metrics';
import { afterAll, expect, it } from 'vitest';
import { services } from '../../tools/services.ts';

const replicas = 2; // the chart's default
afterAll(() => Promise.all(services.map((service) => scale(service, replicas))));

it.each(services)('no request fails while %s scales from 1 pod to 3 and back', async (service) => {
  await scale(service, 1);
  const load = await startLoad();
  await scale(service, 3);
  await scale(service, 1);
  expectNoFailures(await load.stop());
  await scale(service, replicas);
});

it('each new pod of A gets its share within 10 seconds', async () => {
  await scale('service-a', 1);
  const load = await startLoad();
  const pods = await scale('service-a', 3);
  const ready = Date.now();
  const admins = await Promise.all(
    pods.map(({ metadata }) => portForward(`pod/${metadata.name}`, 9011)),
  );
  const shares = await eventually(
    async () => {
      const calls = await callsWithin(2000, admins);
      const fair = calls.reduce((sum, one) => sum + one) / calls.length;
      for (const one of calls) expect(Math.abs(one - fair) / fair).toBeLessThan(0.1);
      return calls;
    },
    { withinMs: ready + 8000 - Date.now(), everyMs: 0 },
  );
  console.log(`calls per pod ${Date.now() - ready} ms after the last one was ready: ${shares}`);
  expectNoFailures(await load.stop());
});

async function scale(service: string, pods: number) {
  await kubectl('scale', `deployment/${release}-${service}`, `--replicas=${pods}`);
  return settled(service);
}

/** How many gRPC calls each of these pods handles in that time. */
async function callsWithin(ms: number, admins: string[]): Promise<number[]> {
  const count = () =>
    Promise.all(
      admins.map((admin) => metric(`http://${admin}`, 'rpc_server_call_duration_seconds_count')),
    );
  const before = await count();
  await sleep(ms);
  const after = await count();
  return after.map((calls, pod) => calls - (before[pod] ?? 0));
}
