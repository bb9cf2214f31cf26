import { namespace } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { kubectl } from '@my-app/test-support/cluster/kubectl';
import { query } from '@my-app/test-support/cluster/prometheus';
import { beforeAll, expect, test } from 'vitest';
import { state } from './support/argocd.ts';
import { failingAnswers } from './support/faults.ts';
import { change, revert } from './support/git.ts';
import { pings, scraped, seconds } from './support/production.ts';
import { aborted, newVersion, promoted } from './support/rollout.ts';

const service = 'service/my-app-service-b';
const active = () =>
  kubectl('get', service, '-o', 'jsonpath={.spec.selector.rollouts-pod-template-hash}');

beforeAll(async () => {
  await change('production', 'Blue and green', {
    'service-b': { rollout: { strategy: 'blueGreen' } },
  });
  await eventually(
    async () => {
      expect(await active()).not.toBe('');
      expect(await state('production')).toBe('Synced Healthy');
    },
    { withinMs: 600_000 },
  );
  await scraped();
});

test('green takes over once all its pods are ready, and a revert restores blue at once', async () => {
  const blue = await active();
  const stop = await pings();
  await promoted('service-b', await newVersion('service-b'));
  expect(await active()).not.toBe(blue);
  await revert();
  const took = await seconds(
    eventually(async () => expect(await active()).toBe(blue), { withinMs: 120_000, everyMs: 100 }),
  );
  console.log(`from the revert to blue: ${took} s`);
  expect((await stop()).failed).toBe(0);
});

test('a failing green is rolled back, and alerts', async () => {
  const blue = await active();
  const stop = await pings();
  const values = { config: { NODE_OPTIONS: failingAnswers(0.3) } };
  const message = await aborted('service-b', await newVersion('service-b', values));
  expect(message).toContain('Metric "availability" assessed Failed');
  // The Service follows the status.
  await eventually(async () => expect(await active()).toBe(blue), { withinMs: 30_000 });
  expect((await stop()).failed).toBeGreaterThan(0);
  const alert = `ALERTS{alertname="RolloutStuck",namespace="${namespace}",service="service-b"}`;
  await eventually(async () => expect(await query(alert)).not.toHaveLength(0), {
    withinMs: 120_000,
  });
  await revert();
});
