/**
 * A steady, mixed load, bad requests included, for a long time: memory, file descriptors and the
 * lateness of the event loop must stay flat.
 *   npm run soak [-- --minutes 10]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeBundles } from './lib/bundles.ts';
import { pinSelf } from './lib/cpus.ts';
import { httpLoad } from './lib/http-load.ts';
import { openLoop, openLoopTool } from './lib/open-loop.ts';
import { type Pair, withPairs } from './lib/pair.ts';
import { drawPlots } from './lib/plot.ts';
import { machine, table } from './lib/report.ts';
import { shipped } from './lib/rows.ts';
import { median } from './lib/statistics.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0 && minutes <= 60)) throw new Error('--minutes: a number up to 60');

const sampleSeconds = 5;
const paths = [
  '/ping_service_a',
  '/ping_service_a?name=Ada',
  '/service_a/greeting?name=Ada',
  '/ping_service_a?name=', // 400
  '/nowhere', // 404
];
const expectedStatuses = ['200', '400', '404'];

/** What one service uses at one time. */
interface Sample {
  minute: number;
  residentMegabytes: number;
  heapMegabytes: number;
  fileDescriptors: number;
  /** Mean since the sample before. */
  loopLatenessMs: number;
}

const samples: Record<'a' | 'b', Sample[]> = { a: [], b: [] };
const unexpected: Record<string, number> = {};
let requests = 0;

await makeBundles();
pinSelf();
await withPairs([shipped], async ([pair]) => {
  if (!pair) return;
  const { requestsPerSecond: capacity } = await httpLoad(pair.url, 5, 32);
  const perSecond = Math.round(capacity / 3);
  const port = Number(new URL(pair.url).port);
  console.log(`${perSecond} requests/s for ${minutes} minutes, a third of what the pair can do`);
  const started = performance.now();
  for (let elapsed = 0; elapsed < minutes; ) {
    const result = await openLoop({ port, paths, perSecond, seconds: sampleSeconds });
    requests += perSecond * sampleSeconds;
    for (const [status, { perSecond: rate }] of Object.entries(result.answers)) {
      if (!expectedStatuses.includes(status)) count(status, Math.round(rate * sampleSeconds));
    }
    count('unanswered', result.unanswered);
    elapsed = (performance.now() - started) / 60_000;
    await sample(pair, elapsed);
  }
});

function count(what: string, times: number): void {
  if (times > 0) unexpected[what] = (unexpected[what] ?? 0) + times;
}

async function sample(pair: Pair, minute: number): Promise<void> {
  for (const name of ['a', 'b'] as const) {
    const metrics = await (await fetch(pair.metricsUrl[name])).text();
    const metric = (of: string): number =>
      Number(new RegExp(`^${of} (.+)$`, 'm').exec(metrics)?.[1] ?? Number.NaN);
    samples[name].push({
      minute,
      residentMegabytes: pair[name].residentMegabytes,
      heapMegabytes: metric('nodejs_heap_size_used_bytes') / 2 ** 20,
      fileDescriptors: pair[name].fileDescriptors,
      loopLatenessMs: metric('nodejs_eventloop_lag_mean_seconds') * 1000,
    });
  }
}

/** The median of what was used in the second, and in the last, quarter of the time. */
function compare(of: Sample[], what: keyof Sample): { early: number; late: number } {
  const quarter = Math.max(1, Math.floor(of.length / 4));
  const middle = (part: Sample[]): number => median(part.map((one) => one[what]));
  return { early: middle(of.slice(quarter, 2 * quarter)), late: middle(of.slice(-quarter)) };
}

/** How much more may be used at the end than early on, for what no leak needs. */
const allowances: [keyof Sample, string, (early: number) => number][] = [
  ['residentMegabytes', 'resident memory, MB', (early) => early * 1.1 + 5],
  ['heapMegabytes', 'heap in use, MB', (early) => early * 1.25 + 5],
  ['fileDescriptors', 'file descriptors', (early) => early + 3],
  ['loopLatenessMs', 'event loop lateness, ms', (early) => early * 1.25 + 1],
];

const verdicts = (['a', 'b'] as const).flatMap((name) =>
  allowances.map(([what, title, limit]) => {
    const { early, late } = compare(samples[name], what);
    return {
      name: `Service ${name.toUpperCase()}: ${title}`,
      early,
      late,
      flat: late <= limit(early),
    };
  }),
);
console.log(JSON.stringify(machine(openLoopTool)));
console.log(
  table(
    ['', 'second quarter', 'last quarter', ''],
    verdicts.map(({ name, early, late, flat }) => [
      name,
      early.toFixed(1),
      late.toFixed(1),
      flat ? 'flat' : 'GROWS',
    ]),
  ),
);
console.log(`${requests} requests, unexpected answers: ${JSON.stringify(unexpected)}`);
if (verdicts.some(({ flat }) => !flat) || Object.keys(unexpected).length > 0) process.exitCode = 1;

const folder = join(import.meta.dirname, 'results');
mkdirSync(folder, { recursive: true });
const result = {
  date: new Date().toISOString(),
  machine: machine(openLoopTool),
  minutes,
  requests,
  unexpected,
  samples,
};
writeFileSync(join(folder, 'soak.json'), `${JSON.stringify(result)}\n`);
const plotOf = (title: string, y: string, what: keyof Sample) => ({
  title,
  x: 'minutes',
  y,
  series: (['a', 'b'] as const).map((name) => ({
    name: `Service ${name.toUpperCase()}`,
    points: samples[name].map((one): [number, number] => [one.minute, one[what]]),
  })),
});
writeFileSync(
  join(folder, 'soak.svg'),
  drawPlots([
    plotOf('Resident memory', 'MB', 'residentMegabytes'),
    plotOf('File descriptors', 'open', 'fileDescriptors'),
    plotOf('Event loop lateness, mean', 'ms', 'loopLatenessMs'),
  ]),
);
