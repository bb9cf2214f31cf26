/**
 * Prints the figures of docs/capacity.md that need no quiet machine: the series and the bytes of log of both services, and how
 * evenly clients spread over pods.
 *   node test/load/capacity.ts
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { subsetOf } from '../../service-kit/src/outbound/subset.ts';
import { makeBundles } from './lib/bundles.ts';
import { shipped, startPair } from './lib/pair.ts';

async function series(metrics: string): Promise<number> {
  const text = await (await fetch(metrics)).text();
  return text.split('\n').filter((line) => line && !line.startsWith('#')).length;
}

const requests = 1000;
await makeBundles();
const { a, b, url, metrics, stop } = await startPair(shipped);
const fetchOk = async (path: string) => {
  const response = await fetch(new URL(path, url));
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  await response.text();
};
const logged = async () => {
  await sleep(500); // what was written has arrived by then
  return [a.logBytes, b.logBytes] as const;
};
const before = await logged();
for (let n = 0; n < requests; n++) await fetchOk('/ping_service_a?name=Ada');
const after = await logged();
await fetchOk('/service_a/greeting');
console.log(`series of a pod: A ${await series(metrics.a)}, B ${await series(metrics.b)}`);
const [perA, perB] = [0, 1].map((i) => ((after[i] ?? 0) - (before[i] ?? 0)) / requests);
console.log(`bytes of log for a ping: A ${perA}, B ${perB}`);
await stop();

console.log('| clients | pods | connections of a pod | least | most |');
for (const [clients, pods] of [
  [19, 16],
  [190, 160],
  [1000, 20],
  [1900, 1600],
] as const) {
  const addresses = Array.from({ length: pods }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
  const counts = new Map(addresses.map((address) => [address, 0]));
  for (let n = 0; n < clients; n++) {
    for (const one of subsetOf(`client ${n}`, addresses, () => false)) {
      counts.set(one, (counts.get(one) ?? 0) + 1);
    }
  }
  const mean = (clients * Math.min(10, pods)) / pods;
  const [least, most] = [Math.min(...counts.values()), Math.max(...counts.values())];
  console.log(`| ${[clients, pods, mean.toFixed(1), least, most].join(' | ')} |`);
}
