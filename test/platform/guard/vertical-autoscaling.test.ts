import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '@my-app/test-support/cluster/command';
import { namespace, release } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { get } from '@my-app/test-support/cluster/kubectl';
import { allTargets, expectNoFailures, startLoad } from '@my-app/test-support/cluster/load';
import { identities, pods } from '@my-app/test-support/cluster/pods';
import { expect, test } from 'vitest';
import { services } from '../../../tools/services.ts';
import { commandsIn } from './support/docs.ts';

interface Recommended {
  spec: { resourcePolicy: { containerPolicies: { maxAllowed: { memory: string } }[] } };
  status?: {
    recommendation?: {
      containerRecommendations: {
        containerName: string;
        target: { cpu: string; memory: string };
      }[];
    };
  };
}

/** Quantities as the recommender writes them, in millicores and MiB. */
const millicores = (cpu: string) => (cpu.endsWith('m') ? Number.parseInt(cpu, 10) : +cpu * 1000);
const mebibytes = (memory: string) => {
  const units: Record<string, number> = { Ki: 2 ** 10, Mi: 2 ** 20, k: 1000, M: 10 ** 6 };
  const [, value, unit] = /^(\d+)(\D*)$/.exec(memory) ?? [];
  return (Number(value) * (units[unit ?? ''] ?? 1)) / 2 ** 20;
};

test('both services get a recommendation under load, within bounds, and keep their pods', async () => {
  const before = await allPods();
  const { ping, proxy } = allTargets();
  const load = await startLoad({ ping, proxy });
  await sleep(60_000); // One turn of the recommender, which then has seen the load.
  for (const service of services) {
    const { target, most } = await eventually(
      async () => {
        const vpa = await get<Recommended>(`vpa/${release}-${service}`);
        const [found] = vpa.status?.recommendation?.containerRecommendations ?? [];
        expect(found?.containerName).toBe(service);
        const [policy] = vpa.spec.resourcePolicy.containerPolicies;
        return {
          target: found?.target ?? { cpu: '', memory: '' },
          most: policy?.maxAllowed.memory ?? '',
        };
      },
      { withinMs: 240_000, everyMs: 3000 },
    );
    console.log(`${service}: ${target.cpu}, ${target.memory}`);
    expect(millicores(target.cpu)).toBeGreaterThanOrEqual(10);
    expect(millicores(target.cpu)).toBeLessThanOrEqual(2000);
    expect(mebibytes(target.memory)).toBeGreaterThanOrEqual(64);
    expect(mebibytes(target.memory)).toBeLessThanOrEqual(mebibytes(most));
  }
  expectNoFailures(await load.stop());
  expect((await allPods()).map(identities)).toEqual(before.map(identities));
});

test('the command in docs/operations.md prints recommendations beside requests', async () => {
  const script = commandsIn('operations.md', 'kubectl get rollout,vpa').replace(
    'kubectl',
    `kubectl --namespace ${namespace}`,
  );
  const lines = (await run('sh', ['-c', script])).trim().split('\n');
  expect(lines).toHaveLength(2 * services.length);
  for (const line of lines) expect(line).toMatch(/"cpu":"\d+m?".*"memory":"\d+/);
});

const allPods = () => Promise.all(services.map((service) => pods(service)));
