import { setTimeout as sleep } from 'node:timers/promises';
import { cores } from './machine.ts';
import { floor, pinned, shipped, startPair } from './pair.ts';
import { spread } from './rounds.ts';

const idleMs = 2000;

/** Starts the floor and the services in turn, on both cores. Measures ms to the first response, and resident MB two seconds later. */
export async function measureStartup(times: number): Promise<Record<string, object>> {
  const starts: Record<string, { ms: number; megabytes: number }[]> = {};
  for (let i = 0; i < times; i++) {
    for (const definition of [floor, shipped]) {
      const pair = await startPair(definition, pinned(cores.all));
      await sleep(idleMs);
      for (const service of ['a', 'b'] as const) {
        const { startMs: ms, residentMegabytes: megabytes } = pair[service];
        const name = `${definition.name}, Service ${service.toUpperCase()}`;
        starts[name] = [...(starts[name] ?? []), { ms, megabytes }];
      }
      await pair.stop();
    }
  }
  const rows = Object.entries(starts).map(([name, values]) => {
    const ms = spread(values.map((value) => value.ms));
    const megabytes = spread(values.map((value) => value.megabytes));
    return [name, { 'ms to the first response': ms, 'MB when idle': megabytes }];
  });
  return Object.fromEntries(rows);
}
