import { openLoop } from './open-loop.ts';
import type { Pair } from './pair.ts';

/** What an offered load costs and how long its answers take. */
export interface CurvePoint {
  offeredPerSecond: number;
  answeredPerSecond: number;
  /** Of one core, by both services. */
  coreShare: number;
  p50Ms: number;
  p99Ms: number;
}

/** Offers these loads, one after the other. */
export async function measureCurve(
  pair: Pair,
  loads: number[],
  seconds: number,
): Promise<CurvePoint[]> {
  const points: CurvePoint[] = [];
  for (const perSecond of loads) {
    const { port, pathname } = new URL(pair.url);
    const cpu = pair.a.cpuSeconds + pair.b.cpuSeconds;
    const started = performance.now();
    const result = await openLoop({ port: Number(port), paths: [pathname], perSecond, seconds });
    const elapsed = (performance.now() - started) / 1000;
    const ok = result.answers[200];
    points.push({
      offeredPerSecond: perSecond,
      answeredPerSecond: ok?.perSecond ?? 0,
      coreShare: (pair.a.cpuSeconds + pair.b.cpuSeconds - cpu) / elapsed,
      p50Ms: ok?.p50Ms ?? Number.NaN,
      p99Ms: ok?.p99Ms ?? Number.NaN,
    });
  }
  return points;
}
