import { setTimeout as sleep } from 'node:timers/promises';
import { http } from '../lib/load.ts';
import type { Pair } from '../lib/pair.ts';

const peakConnections = 128;
const seconds = 8;
const recoveryMs = 1000;
const crowds = [
  { factor: 8, p99LimitMs: 500 },
  // The deadline, and a second for connections that find the accept queue full: the kernel tries again then.
  { factor: 16, p99LimitMs: 2000 },
];

/**
 * 8 and 16 times the connections of the peak, each sending the next request as soon as it gets a response:
 * B keeps serving what it can, rejects the rest with 503, and recovers when the load ends.
 */
export async function crowd({ url }: Pair): Promise<Record<string, boolean>> {
  await http([url], { seconds: 15, connections: peakConnections }); // Warms up.
  const peak = (await http([url], { seconds, connections: peakConnections })).okPerSecond;
  const claims: Record<string, boolean> = {};
  for (const { factor, p99LimitMs } of crowds) {
    const load = await http([url], { seconds, connections: factor * peakConnections });
    await sleep(recoveryMs);
    const after = await http([url], { seconds: 3, perSecond: Math.round(peak / 2) });
    const share = load.okPerSecond / peak;
    const expected = load.ok + (load.statuses['503'] ?? 0);
    console.log(`${factor} × ${peakConnections} connections:`, load);
    Object.assign(claims, {
      [`${factor} ×: ${share.toFixed(2)} of the peak's useful throughput, at least 0.80`]:
        share >= 0.8,
      [`${factor} ×: p99 of all responses ${load.p99Ms.toFixed()} ms, at most ${p99LimitMs}`]:
        load.p99Ms <= p99LimitMs,
      [`${factor} ×: ${load.requests - expected} requests got neither 200 nor 503`]:
        load.requests === expected,
      [`${factor} ×: 1 s later ${after.requests - after.ok} of ${after.requests} requests fail`]:
        after.requests === after.ok,
    });
  }
  return claims;
}
