/**
 * Steps the clock of one service by an hour, forth or back, while 20 clients ping, by libfaketime. A step may cost each of them
 * one deadline. It must also not keep the circuit breaker open: Service A is stopped until the circuit opens, and goes on after the step.
 *   mise run clock                         about two minutes
 */
import { globSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { honestCallers, summary } from './lib/honest.ts';
import { buildPods } from './lib/pods.ts';

const [library] = globSync('/usr/lib/*/faketime/libfaketime.so.1');
if (!library) throw new Error('libfaketime not found: apt-get install faketime');
/** Each client's, in ms. */
const deadline = 1000;
/** How long the circuit may stay open after Service A is back, in ms: half a second, a call, and a new connection. */
const recovery = 5000;

const folder = mkdtempSync(join(tmpdir(), 'clock-'));
const clocks = { a: join(folder, 'a'), b: join(folder, 'b') };
const stepped = (file: string) => ({
  LD_PRELOAD: library,
  FAKETIME_TIMESTAMP_FILE: file,
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
  FAKETIME_CACHE_DURATION: '1', // s: how soon it reads the file again
});
const noticed = 1500;

const start = await buildPods(false);
for (const service of ['a', 'b'] as const) {
  for (const step of ['+1h', '-1h']) await measure(service, step);
}

async function measure(service: 'a' | 'b', step: string): Promise<void> {
  for (const file of Object.values(clocks)) writeFileSync(file, '+0\n');
  const { a, b, ports } = await start({ a: stepped(clocks.a), b: stepped(clocks.b) });
  const steady = honestCallers('ping', ports);
  await sleep(2000);
  const atStep = performance.now();
  writeFileSync(clocks[service], `${step}\n`);
  await sleep(noticed + 3 * deadline);
  const calls = (await steady.stop()).filter(({ started, ms }) => started + ms > atStep);
  const over = atStep + noticed + deadline;
  const costs = calls.filter(({ started, error }) => error && started < over).length;
  const later = summary(calls.filter(({ started }) => started >= over));

  writeFileSync(clocks[service], '+0\n');
  await sleep(noticed);
  const outage = honestCallers('ping', ports);
  process.kill(a.pid, 'SIGSTOP');
  const opened = () => b.complaints.some((line) => line.includes('circuit breaker opened'));
  for (let waited = 0; !opened() && waited < 20_000; waited += 100) await sleep(100);
  writeFileSync(clocks[service], `${step}\n`);
  await sleep(noticed);
  process.kill(a.pid, 'SIGCONT');
  const recovered = performance.now() + recovery;
  await sleep(recovery + 3000);
  const after = summary((await outage.stop()).filter(({ started }) => started > recovered));
  const exits = [await a.stop(), await b.stop()];

  const promised = 0.99;
  const holds =
    costs <= 20 &&
    later.share >= promised &&
    opened() &&
    after.share >= promised &&
    exits.every((code) => code === 0);
  if (!holds) process.exitCode = 1;
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  console.log(
    `Service ${service.toUpperCase()} ${step}: ${costs} calls failed at the step, ${percent(later.share)} answered later; ` +
      `circuit ${opened() ? 'opened' : 'NEVER OPENED'}, ${percent(after.share)} answered after the outage; ` +
      `exit codes ${exits}: ${holds ? 'holds' : 'FAILS'}`,
  );
}
