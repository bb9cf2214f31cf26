import { spawnSync } from 'node:child_process';
import { Pair } from './pair.ts';
import { floor, shipped } from './rows.ts';
import { median } from './statistics.ts';

/** From the start of the process to its first answer, in ms, and resident memory when idle, in MB. */
export interface StartUp {
  name: string;
  milliseconds: number;
  residentMegabytes: number;
}

/** Starts each a few times in turn, on all cores. */
export async function measureStartUp(times: number): Promise<StartUp[]> {
  const runs = new Map<string, { ms: number; megabytes: number }[]>();
  const note = (name: string, ms: number, megabytes = Number.NaN): void => {
    runs.set(name, [...(runs.get(name) ?? []), { ms, megabytes }]);
  };
  for (let i = 0; i < times; i++) {
    note('an empty Node process, start to exit', emptyNode());
    for (const [what, definition] of [
      ['floor', floor],
      ['as shipped', shipped],
    ] as const) {
      const pair = await Pair.start(definition, false);
      await new Promise((resolve) => setTimeout(resolve, 500));
      note(`${what}: Service A, GET /greeting`, pair.a.startMs, pair.a.residentMegabytes);
      note(`${what}: Service B, GET /ping_service_a`, pair.b.startMs, pair.b.residentMegabytes);
      await pair.stop();
    }
  }
  return [...runs].map(([name, values]) => ({
    name,
    milliseconds: median(values.map(({ ms }) => ms)),
    residentMegabytes: median(values.map(({ megabytes }) => megabytes)),
  }));
}

function emptyNode(): number {
  const started = performance.now();
  spawnSync(process.execPath, ['--eval', '0']);
  return performance.now() - started;
}
