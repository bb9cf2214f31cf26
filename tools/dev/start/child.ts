import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { styleText } from 'node:util';
import { root } from '../../services.ts';

const colors = ['cyan', 'magenta', 'yellow', 'green', 'blue'] as const;
let started = 0;

/**
 * Starts a process whose output appears line by line behind its name. `shows` filters lines.
 * It has a process group of its own: Ctrl-C reaches only this process, which forwards it once.
 */
export function start(
  name: string,
  command: string[],
  env: SpawnOptions['env'],
  shows: (line: string) => boolean = () => true,
): ChildProcess {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
  const prefix = styleText(colors[started++ % colors.length] ?? 'cyan', `${name} |`);
  for (const [stream, out] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const) {
    if (!stream) continue;
    createInterface(stream).on('line', (line) => shows(line) && out.write(`${prefix} ${line}\n`));
  }
  return child;
}
