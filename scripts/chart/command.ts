import { spawnSync } from 'node:child_process';

export class CommandError extends Error {}

/** Runs a command and returns its standard output; an exit code other than 0 throws all it printed. */
export function run(command: string, args: string[], input?: string): string {
  const result = spawnSync(command, args, {
    input,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.error) throw result.error;
  if (result.status !== 0) throw new CommandError(`${result.stderr}${result.stdout}`.trim());
  return result.stdout;
}

export function onPath(tool: string): boolean {
  return spawnSync(tool, ['--help'], { stdio: 'ignore' }).error === undefined;
}
