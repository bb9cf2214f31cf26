/**
 * Loads both services, which share 0.4 of a core, with more requests than they can answer: how many are useful, and how fast the
 * others are refused. Requests come at a constant rate, regardless of the answers, each on a new connection if none is idle.
 * Other rows keep a number of connections open, and the last do not wait between an answer and the next request.
 *   mise run overload                  about five minutes
 *   mise run overload --floor          the same libraries and nothing else, for comparison
 *   mise run overload --only 1.5       the rows whose names have this text
 *   mise run overload --bundles FOLDER those of another commit, as for `mise run bench --against`
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Answer, attack, parse, percentile } from './lib/answers.ts';
import { cache, makeBundles, shippedCommand } from './lib/bundles.ts';
import { startContainer } from './lib/container.ts';
import { cores, prepareMachine } from './lib/machine.ts';
import { floor, type Pair, shipped, startPair } from './lib/pair.ts';

const options = {
  floor: { type: 'boolean', default: false },
  only: { type: 'string', default: '' },
  bundles: { type: 'string', default: cache },
} as const;
const { values: given } = parseArgs({ options });

const cpus = 0.4;
const seconds = 12;
/** The capacity is what this many connections get. */
const calm = 32;

interface Load {
  /** As a share of the capacity; without it, each connection sends its next request at once. */
  offered?: number;
  /** Otherwise as many as are needed. */
  connections?: number;
  /** The least share of the capacity that is answered within a second. */
  goal: number;
}

const loads: Record<string, Load> = {
  '0.8 ×': { offered: 0.8, goal: 0.79 },
  '1.1 ×': { offered: 1.1, goal: 0.95 },
  '1.5 ×': { offered: 1.5, goal: 0.9 },
  '2 ×': { offered: 2, goal: 0.8 },
  '3 ×': { offered: 3, goal: 0.6 },
  '3 ×, 512 kept': { offered: 3, connections: 512, goal: 0.6 },
  '3 ×, 2,000 kept': { offered: 3, connections: 2000, goal: 0.6 },
  'closed loop of 512': { connections: 512, goal: 0.6 },
  'closed loop of 2,048': { connections: 2048, goal: 0.6 },
};
/** Of the refused, answered with 503 and Retry-After within 100 ms. */
const refusedGoal = 0.99;
const recoveryGoal = 2;

const isOk = ({ status }: Answer): boolean => status === 200;
const percent = (share: number, digits = 0): string => (share * 100).toFixed(digits);

prepareMachine('vegeta', 'docker');
if (given.bundles === cache) await makeBundles();
const container = startContainer(cpus, cores.servers, given.bundles);
try {
  const a = shippedCommand('service-a', given.bundles);
  const b = shippedCommand('service-b', given.bundles);
  const pair = await startPair(given.floor ? floor : { ...shipped, a, b }, container.run);
  console.log('\nIn parentheses the goal. Latencies in ms, shares in %.\n');
  console.log(
    '| offered | per second | useful | within 1 s | p50 | p99 | 503 | p99 of 503 | refused in 100 ms | recovery, s |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  await attack(pair.url, { seconds: 20, connections: calm }); // warms up
  for (const [name, load] of Object.entries(loads)) {
    if (name.includes(given.only)) await row(pair, name, load);
  }
} finally {
  container.remove();
}

async function row(pair: Pair, name: string, { offered, connections, goal }: Load): Promise<void> {
  // The first half ends what the row before has left: its clients have given up by then.
  const before = parse(await attack(pair.url, { seconds: 10, connections: calm }));
  const capacity = before.filter((answer) => isOk(answer) && answer.at >= 5000).length / 5;
  const inTimeBefore = await refusedInTime(pair);
  const loaded = attack(pair.url, {
    seconds,
    ...(offered && { perSecond: Math.round(offered * capacity) }),
    ...(connections && { connections }),
  });
  await sleep(seconds * 1000);
  const after = await attack(pair.url, { seconds: 4, connections: calm });
  const answers = parse(await loaded);
  const inTimeAfter = await refusedInTime(pair);
  const ok = answers.filter(isOk);
  const refused = answers.filter(({ status }) => status === 503);
  const ofCapacity = (some: Answer[]) => some.length / seconds / capacity;
  const useful = ofCapacity(ok.filter(({ ms }) => ms <= 1000));
  const inTime =
    (refused.filter(({ retryAfter }) => retryAfter).length / (answers.length - ok.length)) *
    ((inTimeAfter.inTime - inTimeBefore.inTime) / (inTimeAfter.all - inTimeBefore.all));
  const recovered = recovery(parse(after), capacity);
  const cells = [
    name,
    Math.round(answers.length / seconds),
    percent(ofCapacity(ok)),
    judged(percent(useful), useful >= goal, `≥ ${goal * 100}`),
    Math.round(percentile(ok, 0.5)),
    Math.round(percentile(ok, 0.99)),
    offered && offered < 1
      ? judged(percent(1 - ok.length / answers.length, 1), ok.length === answers.length, '0')
      : percent(refused.length / answers.length),
    refused.length > 0 ? Math.round(percentile(refused, 0.99)) : '',
    Number.isNaN(inTime) ? '' : judged(percent(inTime, 1), inTime >= refusedGoal, '≥ 99'),
    judged(`${recovered}`, recovered <= recoveryGoal, `≤ ${recoveryGoal}`),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

function judged(value: string, holds: boolean, goal: string): string {
  return `${value} (${goal}${holds ? '' : ': missed'})`;
}

/** How many requests the server has answered with 503, and how many of them within 100 ms, by its own clock. */
async function refusedInTime({ metrics }: Pair): Promise<{ inTime: number; all: number }> {
  const text = given.floor ? '' : await (await fetch(metrics.b)).text();
  const sum = (suffix: string): number =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`http_server_request_duration_seconds_${suffix}`))
      .filter((line) => line.includes('http_response_status_code="503"'))
      .reduce((total, line) => total + Number(/} (\d+)/.exec(line)?.[1]), 0);
  return { inTime: sum('bucket{le="0.1"'), all: sum('count{') };
}

/** Seconds after which a second gave 90 % of the capacity. */
function recovery(answers: Answer[], capacity: number): number {
  const ends = answers.filter(isOk).map(({ at }) => at);
  for (let start = 0; start <= 3000; start += 100) {
    const within = ends.filter((at) => at >= start && at < start + 1000).length;
    if (within >= 0.9 * capacity) return start / 1000;
  }
  return Number.POSITIVE_INFINITY;
}
