import { afterAll, expect, it } from 'vitest';
import { release } from './support/environment.ts';
import { eventually } from './support/eventually.ts';
import { get } from './support/kubectl.ts';
import { allTargets, expectNoFailures, startLoad } from './support/load.ts';
import { settled } from './support/pods.ts';
import { deploy } from './support/release.ts';

interface Autoscaler {
  status: {
    desiredReplicas: number;
    currentMetrics?: { resource: { current: { averageUtilization?: number } } }[] | null;
  };
}

const target = 50; // %

const skipped = Boolean(process.env.E2E_NO_METRICS);
if (skipped) {
  console.warn(
    'skipping the autoscaling test: the cluster has no metrics-server; npm run cluster adds it',
  );
}

afterAll(async () => {
  if (!skipped) await deploy();
});

it.skipIf(skipped)(
  'adds pods of B under load and removes them afterwards',
  async () => {
    await deploy(
      release,
      ...['--set', 'service-b.autoscaling.enabled=true,service-b.autoscaling.maxReplicas=3'],
      // A target between what idle pods use on a slow machine and what little load uses on a fast one, and a short window.
      ...['--set', `service-b.autoscaling.targetCPUUtilizationPercentage=${target}`],
      ...['--set', 'service-b.autoscaling.behavior.scaleDown.stabilizationWindowSeconds=15'],
    );
    // The measurements may still include the load of earlier tests.
    await eventually(
      async () => {
        expect(await utilization()).toBeLessThan(target);
        expect(await replicas()).toBe(2);
      },
      { withinMs: 240_000 },
    );

    const load = await startLoad({ ping: { ...allTargets().ping, perSecond: 120 } });
    await eventually(async () => expect(await replicas()).toBe(3), { withinMs: 90_000 });
    console.log(`scaled up at ${await utilization()} % of the requested CPU`);
    expect(await settled('service-b')).toHaveLength(3);
    const results = await load.stop();

    await eventually(async () => expect(await replicas()).toBe(2), { withinMs: 120_000 });
    expect(await settled('service-b')).toHaveLength(2);
    expectNoFailures(results);
  },
  600_000,
);

const autoscaler = (): Promise<Autoscaler> => get(`hpa/${release}-service-b`);
const replicas = async () => (await autoscaler()).status.desiredReplicas;
const utilization = async () =>
  (await autoscaler()).status.currentMetrics?.[0]?.resource.current.averageUtilization;
