/**
 * Loads Service B with 8 and 16 times the connections of its peak, each of which sends the next request as soon as it gets a
 * response: B keeps serving what it can, rejects the rest with 503, and recovers when the load ends. The floor, which rejects
 * nothing, gets the same load for comparison.
 *   mise run overload
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { makeBundles } from './lib/bundles.ts';
import { http } from './lib/load.ts';
import { prepareMachine } from './lib/machine.ts';
import { floor, type Pair, shipped, startPair } from './lib/pair.ts';
import { median, spread } from './lib/rounds.ts';

const rounds = 5;
const seconds = 6;
const peakConnections = 128;
const recoveryMs = 1000;
const crowds = [
  { factor: 8, p99LimitMs: 500 },
  // The deadline, and a second for connections that find the accept queue full: the kernel tries again then.
  { factor: 16, p99LimitMs: 2000 },
];

/** What one pair did in one round under one crowd. */
interface Measured {
  /** Useful responses per second, relative to the peak just before. */
  share: number;
  perSecond: number;
  p99Ms: number;
  /** Responses that are neither 200 nor 503. */
  unexpected: number;
  /** Requests that failed at half the peak's rate, one second after the crowd. */
  failedAfter: number;
}

prepareMachine('vegeta');
await makeBundles();
const own = await startPair(shipped);
const bare = await startPair(floor);
try {
  for (const { url } of [own, bare])
    await http([url], { seconds: 15, connections: peakConnections }); // Warms up.
  for (const { factor, p99LimitMs } of crowds) {
    const ours: Measured[] = [];
    const floors: Measured[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(await crowd(own, factor));
      floors.push(await crowd(bare, factor));
    }
    report(factor, ours, floors);
    judge(factor, p99LimitMs, ours);
  }
} finally {
  await own.stop();
  await bare.stop();
}

async function crowd({ url }: Pair, factor: number): Promise<Measured> {
  const peak = (await http([url], { seconds, connections: peakConnections })).okPerSecond;
  const load = await http([url], { seconds, connections: factor * peakConnections });
  await sleep(recoveryMs);
  const after = await http([url], { seconds: 3, perSecond: Math.round(peak / 2) });
  return {
    share: load.okPerSecond / peak,
    perSecond: load.okPerSecond,
    p99Ms: load.p99Ms,
    unexpected: load.requests - load.ok - (load.statuses['503'] ?? 0),
    failedAfter: after.requests - after.ok,
  };
}

function report(factor: number, ours: Measured[], floors: Measured[]): void {
  const row = (of: Measured[]) => ({
    'of the peak': spread(
      of.map(({ share }) => share),
      2,
    ),
    'answers/s': spread(of.map(({ perSecond }) => perSecond)),
    'p99 ms': spread(of.map(({ p99Ms }) => p99Ms)),
  });
  console.log(`${factor} × ${peakConnections} connections, median (range) of ${rounds} rounds`);
  console.table({ [shipped.name]: row(ours), [floor.name]: row(floors) });
}

function judge(factor: number, p99LimitMs: number, ours: Measured[]): void {
  const middle = (of: (one: Measured) => number): number => median(ours.map(of));
  const sum = (of: (one: Measured) => number): number =>
    ours.reduce((total, one) => total + of(one), 0);
  const share = middle((one) => one.share);
  const p99Ms = middle((one) => one.p99Ms);
  const unexpected = sum((one) => one.unexpected);
  const failedAfter = sum((one) => one.failedAfter);
  const claims: [boolean, string][] = [
    [share >= 0.8, `${share.toFixed(2)} of the peak's useful throughput, at least 0.80`],
    [p99Ms <= p99LimitMs, `p99 of all responses ${p99Ms.toFixed()} ms, at most ${p99LimitMs}`],
    [unexpected === 0, `${unexpected} requests got neither 200 nor 503`],
    [failedAfter === 0, `1 s later ${failedAfter} requests fail`],
  ];
  for (const [holds, claim] of claims) {
    console.log(`${holds ? 'ok  ' : 'FAIL'}  ${factor} ×: ${claim}`);
    if (!holds) process.exitCode = 1;
  }
}
