import { namespace } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { get, kubectl } from '@my-app/test-support/cluster/kubectl';
import { allTargets, expectNoFailures, startLoad } from '@my-app/test-support/cluster/load';
import { settled } from '@my-app/test-support/cluster/pods';
import { query } from '@my-app/test-support/cluster/prometheus';
import { afterAll, expect, test } from 'vitest';
import { install } from './support/install.ts';

const fixed = ['--set', 'global.defaults.autoscaling.enabled=false'];
const { ping } = allTargets();

afterAll(() => install());

test('an upgrade, a scale-down and a canary that promotes raise no alert', async () => {
  const firing = `ALERTS{namespace="${namespace}",alertstate="firing",alertname!="Watchdog"}`;
  const started = Date.now();
  // Tickets look at days, in which rollouts are a small share. Prometheus knows nothing before this test, so most of the
  // requests that it sees come first.
  const before = await startLoad({ ping: { ...ping, connections: 'kept', perSecond: 100 } });
  await new Promise((resolve) => setTimeout(resolve, 60_000));
  expectNoFailures(await before.stop());

  const load = await startLoad({ ping: { ...ping, perSecond: 30 } });
  await install(...fixed, '--set-string', 'global.defaults.podAnnotations.version=2');
  await install(...fixed, '--set', 'service-b.replicaCount=3');
  await install(...fixed, '--set', 'service-b.replicaCount=2');
  await settled('service-b');

  await kubectl('annotate', 'deployment/my-app-service-b', 'helm.sh/resource-policy=keep');
  const canary = [
    ...fixed,
    '--wait=legacy', // Helm 4 cannot read the status of a Rollout
    ...['--set', 'service-b.rollout.strategy=canary'],
    ...['--set-json', 'service-b.rollout.steps=[{"setWeight":50},{"pause":{"duration":"30s"}}]'],
  ];
  await install(...canary);
  await rolledOut();
  await kubectl('delete', 'deployment/my-app-service-b');
  await install(...canary, '--set-string', 'service-b.podAnnotations.version=3');
  await rolledOut();

  expectNoFailures(await load.stop());
  const seconds = Math.ceil((Date.now() - started) / 1000);
  expect(await query(`max_over_time(${firing}[${seconds}s])`)).toEqual([]);
});

const rolledOut = () =>
  eventually(
    async () => {
      const { metadata, status } = await get<{
        metadata: { generation: number };
        status: { phase: string; observedGeneration: string; message?: string };
      }>('rollout/my-app-service-b');
      expect(status.observedGeneration).toBe(`${metadata.generation}`);
      expect(status.phase, status.message).toBe('Healthy');
    },
    { withinMs: 240_000 },
  );
