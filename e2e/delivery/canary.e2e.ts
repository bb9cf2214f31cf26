import { beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { get, kubectl } from '../support/kubectl.ts';
import { state } from './support/argocd.ts';
import { failingAnswers } from './support/faults.ts';
import { change, revert } from './support/git.ts';
import { pings, seconds } from './support/production.ts';
import { aborted, newVersion, promoted } from './support/rollout.ts';
import { strategy } from './support/values.ts';

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

/** 30 % of the responses fail, or all are slow: in A by its injected faults, in B by a module that Node.js loads first. */
const faults = {
  'a failing A': ['service-a', { config: { FAULT_ERROR_RATE: 0.3 } }, 'availability'],
  'a slow A': ['service-a', { config: { FAULT_DELAY_MS: 300 } }, 'latency'],
  'a failing B': ['service-b', { config: { NODE_OPTIONS: failingAnswers(0.3) } }, 'availability'],
} as const;

test.each(Object.entries(faults))(
  '%s is aborted in its first step',
  async (_, [service, values, sli]) => {
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
  },
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
