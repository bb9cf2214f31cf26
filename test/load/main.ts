/**
 * Compares the services with the floor, a baseline of the same libraries, in interleaved rounds of one run, so
 * that the ratios are comparable between machines.
 *   mise run bench          about ten minutes; `-- --rounds 5` is quicker
 *   mise run bench:check    fails if a ratio is below its limit
 *   mise run bench --against FOLDER   compares with the bundles of another commit instead: docs/performance.md
 */
import { parseArgs } from 'node:util';
import { makeBundles, shippedCommand } from './lib/bundles.ts';
import { grpc, http, type Load } from './lib/load.ts';
import { prepareMachine } from './lib/machine.ts';
import {
  floor,
  floorProxy,
  type Pair,
  type PairDefinition,
  shipped,
  shippedProxy,
  startPair,
} from './lib/pair.ts';
import { measure } from './lib/rounds.ts';
import { measureStartup } from './lib/startup.ts';

const { check, rounds, against } = parseArgs({
  options: {
    check: { type: 'boolean' },
    rounds: { type: 'string', default: '15' },
    against: { type: 'string' },
  },
}).values;

/** `--check` allows ratios to be lower by this share: runs of the same code differ by less. */
const tolerance = 0.1;
const inFlight = 32;
const overHttp = ({ url }: Pair, seconds: number): Promise<Load> =>
  http([url], { seconds, connections: inFlight });
const overGrpc = (pair: Pair, seconds: number): Promise<Load> => grpc(pair.grpc, seconds, inFlight);

interface Comparison {
  name: string;
  pairs: [PairDefinition, PairDefinition];
  load(pair: Pair, seconds: number): Promise<Load>;
  reached: number;
}

/** `reached` is the ratio of requests per CPU second to the floor's, measured at the commit that README.md names. */
const comparisons: Comparison[] = [
  { name: 'GET /ping_service_a', pairs: [floor, shipped], load: overHttp, reached: 0.74 },
  { name: 'GreetingService/Greet', pairs: [floor, shipped], load: overGrpc, reached: 0.78 },
  {
    name: 'GET /service_a/greeting',
    pairs: [floorProxy, shippedProxy],
    load: overHttp,
    reached: 0.71,
  },
];

/** The services of `--against` in place of the floor. */
const base = (pair: PairDefinition, folder = against): PairDefinition => ({
  ...pair,
  name: `${folder}`,
  a: shippedCommand('service-a', folder),
  b: shippedCommand('service-b', folder),
});

prepareMachine('vegeta', 'ghz');
await makeBundles();
for (const {
  name,
  pairs: [floors, ours],
  load,
  reached,
} of comparisons) {
  const pairs = [against ? base(ours) : floors, ours];
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
    const of = against ? `of ${against}` : `of the floor, limit ${limit.toFixed(2)}`;
    const verdict = `${ratio.toFixed(2)} per CPU second ${of}; ${failures} failed requests`;
    console.log(against ? verdict : `${holds ? 'ok  ' : 'FAIL'}  ${verdict}`);
    if (check && !holds) process.exitCode = 1;
  } finally {
    await Promise.all(running.map((pair) => pair.stop()));
  }
}
if (!check && !against) console.table(await measureStartup(7));
