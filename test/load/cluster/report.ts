import type { Load } from '../lib/load.ts';
import type { Usage } from './pods.ts';

/** The result of an offered load, in requests/s, with the usage of each service's pod. */
export interface Step extends Load {
  offered: number;
  used: Record<string, Usage>;
}

export const failedShare = ({ requests, ok }: Step): number => 1 - ok / requests;

/** Prints the steps and the chart values derived from them. The last step violated the objective. */
export function printSteps(steps: Step[]): void {
  const usages = ({ used }: Step): object =>
    Object.fromEntries(
      Object.entries(used).map(([name, { milliCpu, mebibytes }]) => [
        name,
        `${milliCpu}m ${mebibytes}Mi`,
      ]),
    );
  const rows = steps.map((step) => ({
    'requests/s': step.offered,
    'p50 ms': step.p50Ms.toFixed(1),
    'p99 ms': step.p99Ms.toFixed(1),
    failed: `${(failedShare(step) * 100).toFixed(2)} %`,
    ...usages(step),
  }));
  console.table(rows);
  const names = Object.keys(steps[0]?.used ?? {});
  console.table(Object.fromEntries(names.map((name) => [name, chartValues(name, steps)])));
}

/** Requests CPU for 100 requests/s, and adds a pod at half of the load that violated the objective. */
function chartValues(service: string, steps: Step[]): Record<string, string> {
  const milliCpu = (perSecond: number): number =>
    steps.findLast(({ offered }) => offered <= perSecond)?.used[service]?.milliCpu ?? Number.NaN;
  const request = Math.ceil(milliCpu(100) / 10) * 10;
  const target = (milliCpu((steps.at(-1)?.offered ?? 0) / 2) / request) * 100;
  const mebibytes = Math.max(...steps.map(({ used }) => used[service]?.mebibytes ?? 0));
  return {
    'resources.requests.cpu': `${request}m`,
    'resources.requests.memory': `${Math.ceil(mebibytes / 32) * 32}Mi`,
    'autoscaling.targetCPUUtilizationPercentage': target.toFixed(0),
  };
}
