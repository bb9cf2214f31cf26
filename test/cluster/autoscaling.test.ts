import { setTimeout as sleep } from 'node:timers/promises';
import { release } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { get } from '@my-app/test-support/cluster/kubectl';
import { allTargets, expectNoFailures, startLoad } from '@my-app/test-support/cluster/load';
import { settled } from '@my-app/test-support/cluster/pods';
import { deploy } from '@my-app/test-support/cluster/release';
import { afterAll, expect, it } from 'vitest';

interface Autoscaler {
  status: {
    desiredReplicas: number;
    currentMetrics?: { containerResource: { current: { averageUtilization?: number } } }[] | null;
  };
}

const skipped = Boolean(process.env.E2E_NO_METRICS);
if (skipped) {
  console.warn(
    'skipping the autoscaling test: the cluster has no metrics-server; mise run cluster adds it',
  );
}

afterAll(async () => {
  if (!skipped) await deploy();
});

it.skipIf(skipped)(
  'adds pods of B under load and removes them afterwards',
  async () => {
    await deploy(release, ...autoscaling(1000));
    // As long as the measurements may still include the load of earlier tests.
    await sleep(60_000);
    const idle = await utilization();
    if (idle === undefined)
      throw new Error('the autoscaler has no measurement: is metrics-server ready?');
    // Twice what idle pods use, which depends on the machine.
    await deploy(release, ...autoscaling(Math.max(40, 2 * idle)));
    expect(await replicas()).toBe(2);

    const load = await startLoad({ ping: { ...allTargets().ping, perSecond: 100 } });
    await eventually(async () => expect(await replicas()).toBe(3), { withinMs: 90_000 });
    console.log(`scaled up at ${await utilization()} % of the requested CPU; idle: ${idle} %`);
    expect(await settled('service-b')).toHaveLength(3);
    const results = await load.stop();

    await eventually(async () => expect(await replicas()).toBe(2), { withinMs: 120_000 });
    expect(await settled('service-b')).toHaveLength(2);
    expectNoFailures(results);
  },
  600_000,
);

/** Values, with a short window to need little time. */
const autoscaling = (targetPercent: number): string[] => [
  ...['--set', 'service-b.autoscaling.enabled=true,service-b.autoscaling.maxReplicas=3'],
  ...['--set', `service-b.autoscaling.targetCPUUtilizationPercentage=${targetPercent}`],
  ...['--set', 'service-b.autoscaling.behavior.scaleDown.stabilizationWindowSeconds=15'],
];

const autoscaler = (): Promise<Autoscaler> => get(`hpa/${release}-service-b`);
const replicas = async () => (await autoscaler()).status.desiredReplicas;
const utilization = async () =>
  (await autoscaler()).status.currentMetrics?.[0]?.containerResource.current.averageUtilization;
