import { eventually } from '@my-app/test-support/cluster/eventually';
import { get, kubectl } from '@my-app/test-support/cluster/kubectl';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { state } from './support/argocd.ts';
import { failingAnswers, slowAnswers } from './support/faults.ts';
import { change, revert } from './support/git.ts';
import { pings, scraped, seconds } from './support/production.ts';
import { aborted, newVersion, promoted, started } from './support/rollout.ts';
import { strategy, type Values } from './support/values.ts';
import { watchPods } from './support/watch.ts';

const settled = (expected: string) =>
  eventually(async () => expect(await state('production')).toBe(expected), { withinMs: 600_000 });

beforeAll(async () => {
  await change('production', 'Deployments', strategy('none'));
  await eventually(
    async () => {
      const { items } = await get<{ items: object[] }>('deployments');
      expect(items).toHaveLength(2);
      expect(await state('production')).toBe('Synced Healthy');
    },
    { withinMs: 600_000 },
  );
  await scraped();
});

test('Deployments become Rollouts in place', async () => {
  const stop = await pings();
  await change('production', 'Rollouts', strategy('canary'));
  await eventually(
    async () => {
      expect((await kubectl('get', 'deployments', '-o', 'name')).trim()).toBe('');
      expect(await state('production')).toBe('Synced Healthy');
    },
    { withinMs: 600_000 },
  );
  expect((await stop()).failed).toBe(0);
});

test('a good version of A and B takes over step by step', async () => {
  const stop = await pings();
  const a = await newVersion('service-a');
  const b = await newVersion('service-b');
  const took = await seconds(Promise.all([promoted('service-a', a), promoted('service-b', b)]));
  console.log(`promoted in ${took} s`);
  expect((await stop()).failed).toBe(0);
});

type Fault = [service: string, values: Values, sli: string];

const failingB: Fault = [
  'service-b',
  { config: { NODE_OPTIONS: failingAnswers(0.3) } },
  'availability',
];

/** 30 % of the responses fail, or all are slow: in A by its injected faults, in B by a module that Node.js loads first. */
const faults: Record<string, Fault> = {
  'a failing A': ['service-a', { config: { FAULT_ERROR_RATE: 0.3 } }, 'availability'],
  'a slow A': ['service-a', { config: { FAULT_DELAY_MS: 800 } }, 'latency'],
  'a failing B': failingB,
  'a slow B': ['service-b', { config: { NODE_OPTIONS: slowAnswers(800) } }, 'latency'],
};

async function abortsInFirstStep(...[service, values, sli]: Fault): Promise<void> {
  const stop = await pings();
  const version = await newVersion(service, values);
  const took = await seconds(
    aborted(service, version).then((message) =>
      expect(message).toContain(`Metric "${sli}" assessed Failed`),
    ),
  );
  await settled('Synced Degraded');
  console.log(`aborted in ${took} s`);
  const { requests, failed } = await stop();
  // One pod of at least four, with a margin of a third for chance.
  expect(failed / requests).toBeLessThan(0.25 * 0.3 * 1.33);
  await revert();
  await settled('Synced Healthy');
}

test.each(Object.entries(faults))('%s is aborted in its first step', (_, fault) =>
  abortsInFirstStep(...fault),
);

test('a revert in Git restores the old version', async () => {
  const stop = await pings();
  const version = await newVersion('service-b');
  await promoted('service-b', version);
  await revert();
  const took = await seconds(
    eventually(
      async () => {
        const pods = await kubectl(
          'get',
          'pods',
          '-o',
          'jsonpath={.items[*].metadata.annotations.version}',
        );
        expect(pods).not.toContain(version);
      },
      { withinMs: 600_000 },
    ),
  );
  console.log(`from the revert until only the old version runs: ${took} s`);
  expect((await stop()).failed).toBe(0);
});

describe('with an autoscaler that adds pods meanwhile', () => {
  /** Any load is more than this target, so that B always gets as many pods as it may. */
  const scaledTo = (maxReplicas: number) => ({
    autoscaling: { maxReplicas, targetCPUUtilizationPercentage: 1 },
  });
  const hasPods = (replicas: number) =>
    eventually(
      async () => {
        const rollout = await get<{ status: { availableReplicas?: number } }>(
          'rollout/my-app-service-b',
        );
        expect(rollout.status.availableReplicas).toBe(replicas);
      },
      { withinMs: 180_000 },
    );

  // Leaves room for the tests that follow.
  afterAll(() => change('production', 'Three pods of B', { 'service-b': scaledTo(3) }));

  beforeAll(async () => {
    await change('production', 'Four pods of B', { 'service-b': scaledTo(4) });
    await hasPods(4);
    await settled('Synced Healthy');
  });

  test('a good version takes over', async () => {
    const stop = await pings();
    const pods = watchPods('service-b');
    const version = await newVersion('service-b');
    await started('service-b', version);
    await change('production', 'Five pods of B', { 'service-b': scaledTo(5) });
    await promoted('service-b', version);
    await settled('Synced Healthy');
    const { wanted, available } = await pods();
    expect([...new Set(wanted)]).toEqual([4, 5]);
    expect(Math.min(...available)).toBe(4);
    expect((await stop()).failed).toBe(0);
  });

  test('a failing version is aborted', async () => {
    const pods = watchPods('service-b');
    await abortsInFirstStep(...failingB);
    const { wanted, available } = await pods();
    expect([...new Set(wanted)]).toEqual([5]);
    expect(Math.min(...available)).toBe(5);
  });
});
