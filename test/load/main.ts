/**
 * Compares the services with the floor, a baseline of the same libraries, in interleaved rounds of one run, so
 * that the ratios are comparable between machines.
 *   mise run bench          about ten minutes; `-- --rounds 5` is quicker
 *   mise run bench:check    fails if a ratio is below its limit
 */
import { parseArgs } from 'node:util';
import { makeBundles } from './lib/bundles.ts';
import { grpc, http, type Load } from './lib/load.ts';
import { prepareMachine } from './lib/machine.ts';
import { floor, floorProxy, type Pair, shipped, shippedProxy, startPair } from './lib/pair.ts';
import { measure } from './lib/rounds.ts';
import { measureStartup } from './lib/startup.ts';

const { check, rounds } = parseArgs({
  options: { check: { type: 'boolean' }, rounds: { type: 'string', default: '15' } },
}).values;

/** `--check` allows ratios to be lower by this share: runs of the same code differ by less. */
const tolerance = 0.1;
const inFlight = 32;
const overHttp = ({ url }: Pair, seconds: number): Promise<Load> =>
  http([url], { seconds, connections: inFlight });
const overGrpc = (pair: Pair, seconds: number): Promise<Load> => grpc(pair.grpc, seconds, inFlight);

/** `reached` is the ratio of requests per CPU second to the floor's, measured at the commit that README.md names. */
const comparisons = [
  { name: 'GET /ping_service_a', pairs: [floor, shipped], load: overHttp, reached: 0.74 },
  { name: 'GreetingService/Greet', pairs: [floor, shipped], load: overGrpc, reached: 0.78 },
  {
    name: 'GET /service_a/greeting',
    pairs: [floorProxy, shippedProxy],
    load: overHttp,
    reached: 0.71,
  },
];

prepareMachine('vegeta', 'ghz');
await makeBundles();
for (const { name, pairs, load, reached } of comparisons) {
  const running: Pair[] = [];
  try {
    for (const pair of pairs) running.push(await startPair(pair));
    const results = await measure(running, { rounds: Number(rounds), seconds: 2, load });
    console.log(`\n${name}, ${inFlight} in flight: median (min–max) of ${rounds} rounds`);
    const rows = results.map(({ columns }, i) => [pairs[i]?.name, columns]);
    console.table(Object.fromEntries(rows));
    const ratio = results[1]?.ratio ?? 0;
    const limit = reached * (1 - tolerance);
    const failures = results.reduce((sum, result) => sum + result.failures, 0);
    const holds = ratio >= limit && failures === 0;
    const verdict = `${ratio.toFixed(2)} of the floor per CPU second, limit ${limit.toFixed(2)}`;
    console.log(`${holds ? 'ok  ' : 'FAIL'}  ${verdict}; ${failures} failed requests`);
    if (check && !holds) process.exitCode = 1;
  } finally {
    await Promise.all(running.map((pair) => pair.stop()));
  }
}
if (!check) console.table(await measureStartup(7));
