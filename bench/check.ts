/**
 * The regression guard: fails where the project falls behind its floor, in the same run, by more
 * than it did when it was last measured. A ratio means the same on any machine, and on a busy one.
 *   npm run bench:check
 */
import { makeBundles } from './lib/bundles.ts';
import { pinSelf } from './lib/cpus.ts';
import { grpcLoad } from './lib/grpc-load.ts';
import { httpLoad } from './lib/http-load.ts';
import { type Pair, withPairs } from './lib/pair.ts';
import { machine, table } from './lib/report.ts';
import { measure, type Row } from './lib/rounds.ts';
import { floor, floorProxy, shipped, shippedProxy } from './lib/rows.ts';

/** Runs of the same code differ by less than this. */
const margin = 0.2;
/** In a run on a quiet machine; bench/README.md has the goals. */
const reached = { ping: 0.79, grpc: 0.88, proxy: 0.77 };

const calls = 32;
const rounds = { rounds: 9, seconds: 1 };
const http = {
  ...rounds,
  load: (pair: Pair, seconds: number) => httpLoad(pair.url, seconds, calls),
};
const grpc = {
  ...rounds,
  load: (pair: Pair, seconds: number) => grpcLoad(pair.grpcPort, seconds, calls),
};

await makeBundles();
pinSelf();
const results = await withPairs([floor, shipped], async (pairs) => ({
  ping: await measure(pairs, http),
  grpc: await measure(pairs, grpc),
}));
const proxy = await withPairs([floorProxy, shippedProxy], (pairs) => measure(pairs, http));

const verdicts = Object.entries({ ...results, proxy }).map(([name, rows]) => {
  const [base, own] = rows as [Row, Row];
  const least = reached[name as keyof typeof reached] - margin;
  return { name, base, own, least, holds: own.ratio.requestsPerSecond >= least && !own.failures };
});
console.log(JSON.stringify(machine()));
console.log(
  table(
    ['', 'floor requests/s', 'as shipped', 'ratio', 'at least', ''],
    verdicts.map(({ name, base, own, least, holds }) => [
      name,
      base.requestsPerSecond.toFixed(0),
      own.requestsPerSecond.toFixed(0),
      own.ratio.requestsPerSecond.toFixed(2),
      least.toFixed(2),
      holds ? 'ok' : own.failures ? `${own.failures} FAILED` : 'TOO SLOW',
    ]),
  ),
);
if (verdicts.some(({ holds }) => !holds)) process.exitCode = 1;
