/**
 * Attacks both services through every door, one after the other, with the chart's settings and limits. Prints the table of
 * docs/limits.md: the peak of the memory beside the sum that is derived there, and what honest callers got.
 *   mise run attacks                       about four minutes
 *   mise run attacks --only gRPC --seconds 20
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Door, doors } from './lib/doors.ts';
import { caller, honestCallers, summary } from './lib/honest.ts';
import { buildPods, derivedMegabytes, type Ports, type StartPods } from './lib/pods.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '8' },
    attack: { type: 'string' },
  },
});
const milliseconds = Number(values.seconds) * 1000;
/** The share of honest calls that must be answered within a second. */
const promisedShare = 0.99;

if (values.attack)
  process.on('message', (ports: Ports) => void attack(doors[`${values.attack}`], ports));
else await main();

async function attack(door: Door | undefined, ports: Ports): Promise<void> {
  await door?.attack?.(ports, Date.now() + milliseconds);
  process.exit();
}

async function main(): Promise<void> {
  const start = await buildPods();
  console.log(
    '| door and attack | MiB | derived | honest % | without | p99 ms | without | circuit opened | exit codes | |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const [name, door] of Object.entries(doors)) {
    if (!name.includes(values.only)) continue;
    const { cells, holds } = await measure(start, name, door);
    console.log(`| ${[name, ...cells, holds ? 'holds' : 'FAILS'].join(' | ')} |`);
    if (!holds) process.exitCode = 1;
  }
}

/** Honest callers alone, then beside the attack. */
async function measure(start: StartPods, name: string, door: Door) {
  const { a, b, ports } = await start(door.settings);
  const call = caller(door.honest, ports);
  await Promise.all(Array.from({ length: 500 }, () => call().catch(() => {}))); // warms up
  const alone = honestCallers(door.honest, ports);
  await sleep(2000);
  const without = summary(await alone.stop());
  const attacker = fork(import.meta.filename, ['--attack', name, '--seconds', values.seconds]);
  // On a machine of its own, it would not take the honest callers' time.
  setPriority(Number(attacker.pid), 10);
  attacker.send(ports);
  const honest = honestCallers(door.honest, ports);
  await once(attacker, 'exit');
  const during = summary(await honest.stop());
  const peak = Math.round(door.service === 'a' ? a.peakMegabytes : b.peakMegabytes);
  const derived = derivedMegabytes[door.service];
  // B first: without A, what the attack has left at B would open the circuit.
  const exitOfB = await b.stop();
  const exits = [await a.stop(), exitOfB];
  const opened = b.complaints
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg === 'circuit breaker opened')
    .map(({ cause }) => cause);
  const percent = (share: number): string => (share * 100).toFixed(1);
  return {
    cells: [
      peak,
      derived,
      percent(during.share),
      percent(without.share),
      Math.round(during.p99),
      Math.round(without.p99),
      [opened.length, ...opened].join(' '),
      exits.join(', '),
    ],
    holds:
      peak <= derived &&
      during.share >= promisedShare &&
      exits.every((code) => code === 0) &&
      opened.length === 0,
  };
}
