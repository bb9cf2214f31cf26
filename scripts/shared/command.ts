import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { root } from '../chart/paths.ts';

/** An error whose message says all that a person needs; a command prints it without a stack. */
export class CommandError extends Error {}

/** Runs a program in the repository's root and returns its standard output. */
export async function run(program: string, args: string[], input = ''): Promise<string> {
  const child = spawn(program, args, { cwd: root, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {}); // It may end without reading: its exit code tells.
  child.stdin.end(input);
  const exit = new Promise<number | null>((resolve, reject) => {
    child.on('error', () => reject(new CommandError(`${program} not found: run \`mise install\``)));
    child.on('close', resolve);
  });
  const [code, out, errors] = await Promise.all([exit, text(child.stdout), text(child.stderr)]);
  if (code !== 0)
    throw new CommandError(`${errors}${out}`.trim() || `${program}: exit code ${code}`);
  return out;
}

/** Runs the work of a command; its expected errors become one message and exit code 1. */
export async function main(work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => {
    if (!(error instanceof CommandError) && !isUsageError(error)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  });
}

/** What parseArgs throws on an option that does not exist. */
function isUsageError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && `${error.code}`.startsWith('ERR_PARSE_ARGS');
}

/** Seconds since `started`, a `performance.now()`. */
export const secondsSince = (started: number): string =>
  `${((performance.now() - started) / 1000).toFixed(1)} s`;
