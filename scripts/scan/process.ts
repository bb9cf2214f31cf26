import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface Captured {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program, without a shell, to its end. */
export async function capture([program = '', ...args]: readonly string[]): Promise<Captured> {
  // "node" is the one that runs this, which PATH need not have.
  const path = program === 'node' ? process.execPath : program;
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [exitCode, stdout, stderr] = await Promise.all([
    exit,
    text(child.stdout),
    text(child.stderr),
  ]);
  return { exitCode, stdout, stderr };
}
