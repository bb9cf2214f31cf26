import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/**
 * The servers under test share one core and the load has another, so that a figure is what the
 * servers cost and not what the scheduler made of it. Where that is not to be had, nothing is pinned.
 */
export const pinned =
  availableParallelism() >= 2 && spawnSync('taskset', ['--version']).error === undefined;

const cores = { server: '0', load: '1' };

/** A command as it is started on the core for its part. */
export function pin(part: keyof typeof cores, command: string[]): string[] {
  return pinned ? ['taskset', '--cpu-list', cores[part], ...command] : command;
}

/** Moves this process, which makes some of the load itself, to the core for load. */
export function pinSelf(): void {
  if (!pinned) return;
  spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores.load, `${process.pid}`]);
}
