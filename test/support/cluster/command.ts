import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export class CommandError extends Error {}

export interface RunOptions {
  /** Standard input. */
  input?: string;
}

/**
 * Runs a command in the repository's root and returns its standard output.
 *
 * @throws CommandError with its whole output if it fails
 */
export async function run(
  command: string,
  args: string[],
  { input }: RunOptions = {},
): Promise<string> {
  const running = execute(command, args, {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });
  running.child.stdin?.end(input);
  try {
    const { stdout } = await running;
    return stdout;
  } catch (error) {
    const { stdout, stderr, message } = error as Error & { stdout?: string; stderr?: string };
    const output = `${stderr ?? ''}${stdout ?? ''}`.trim() || message;
    throw new CommandError(`${command} ${args.join(' ')}: ${output}`);
  }
}

export const root = `${import.meta.dirname}/../../..`;
