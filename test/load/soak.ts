/**
 * Checks that memory, file descriptors and event loop delay stay flat under a steady, mixed load that includes bad requests.
 *   mise run soak [-- --minutes 10]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { makeBundles } from './lib/bundles.ts';
import { http } from './lib/load.ts';
import { prepareMachine } from './lib/machine.ts';
import { type Pair, shipped, startPair } from './lib/pair.ts';
import { median } from './lib/rounds.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0 && minutes <= 60)) throw new Error('--minutes: a number up to 60');

const paths = ['/ping_service_a', '/ping_service_a?name=Ada', '/service_a/greeting?name=Ada'];
const badPaths = ['/ping_service_a?name=', '/nowhere'];
const expected = ['200', '400', '404'];
const sampleMs = 5000;

/** Metrics that must stay flat, each with the limit for the end that still counts as no leak. */
const flat: Record<string, (early: number) => number> = {
  process_resident_memory_bytes: (early) => early * 1.1 + 5e6,
  nodejs_heap_size_used_bytes: (early) => early * 1.25 + 5e6,
  process_open_fds: (early) => early + 3,
  nodejs_eventloop_lag_mean_seconds: (early) => early * 1.25 + 0.005,
};

prepareMachine('vegeta');
await makeBundles();
const pair = await startPair(shipped);
try {
  await soak(pair);
} finally {
  await pair.stop();
}

async function soak({ url, metrics }: Pair): Promise<void> {
  const urls = [...paths, ...badPaths].map((path) => new URL(path, url).href);
  const peak = await http([url], { seconds: 10, connections: 32 });
  const perSecond = Math.round(peak.okPerSecond / 3);
  console.log(`${perSecond} requests/s for ${minutes} minutes, a third of the pair's capacity`);
  let done = false;
  const load = http(urls, { seconds: minutes * 60, perSecond }).finally(() => {
    done = true;
  });
  const samples: Record<string, number[]> = {};
  for (; !done; await sleep(sampleMs)) {
    for (const [service, endpoint] of Object.entries(metrics)) {
      const text = await (await fetch(endpoint)).text();
      for (const metric of Object.keys(flat)) {
        const name = `${service} ${metric}`;
        const [, value] = new RegExp(`^${metric}(?:{.*})? (.+)$`, 'm').exec(text) ?? [];
        samples[name] = [...(samples[name] ?? []), Number(value)];
      }
    }
  }
  report(samples);
  const { requests, statuses } = await load;
  console.log(`${requests} requests, responses by status: ${JSON.stringify(statuses)}`);
  if (Object.keys(statuses).some((status) => !expected.includes(status))) process.exitCode = 1;
}

/** Compares the medians of the second and the last quarter of the run. */
function report(samples: Record<string, number[]>): void {
  const rows = Object.entries(samples).map(([name, values]) => {
    const quarter = Math.ceil(values.length / 4);
    const early = median(values.slice(quarter, 2 * quarter));
    const late = median(values.slice(-quarter));
    const limit = flat[name.slice(2)]?.(early) ?? 0;
    if (!(late <= limit)) process.exitCode = 1;
    return [name, { early, late, verdict: late <= limit ? 'flat' : 'GROWS' }];
  });
  console.table(Object.fromEntries(rows));
}
