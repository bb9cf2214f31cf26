import { namespace } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { allTargets, startLoad } from '@my-app/test-support/cluster/load';
import type { TargetResult } from '@my-app/test-support/cluster/load-pod/targets';
import { query } from '@my-app/test-support/cluster/prometheus';
import { expect } from 'vitest';

/** Waits until Prometheus scrapes both services of production, a minute after the first PodMonitors. */
export const scraped = (): Promise<void> =>
  eventually(
    async () =>
      expect(await query(`count by (job) (up{namespace="${namespace}"} == 1)`)).toHaveLength(2),
    { withinMs: 180_000 },
  );

/** Sends 30 requests a second through B and A over new connections. Returns a function that ends the load and returns the result. */
export async function pings(): Promise<() => Promise<TargetResult>> {
  const load = await startLoad({ ping: { ...allTargets().ping, perSecond: 30 } });
  return async () => {
    const { ping } = await load.stop();
    expect(ping).toBeDefined();
    const { requests, failed, failures, p99 } = ping as TargetResult;
    console.log(`${requests} requests, ${failed} failed, p99 ${p99} ms`, failures.slice(0, 3));
    return ping as TargetResult;
  };
}

/** Duration of `work` in seconds. */
export async function seconds(work: Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work;
  return Math.round((performance.now() - started) / 100) / 10;
}
