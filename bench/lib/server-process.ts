import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pin } from './cpus.ts';
import { rawGet } from './raw-get.ts';

const clockTicksPerSecond = 100;

export interface Command {
  command: string[];
  env?: Record<string, string>;
  /** Of the URL that answers 200 when the server is ready. */
  ready: { port: number; path: string };
  /** Off for the start itself, which is measured on all cores. */
  pinned?: boolean;
}

// A benchmark that is ended takes its servers with it.
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** A server under test as a process of its own. Its log goes to a pipe, which is drained. */
export class ServerProcess {
  readonly #child: ChildProcess;
  /** From the start to the first answer. */
  readonly startMs: number;

  private constructor(child: ChildProcess, startMs: number) {
    this.#child = child;
    this.startMs = startMs;
  }

  /** Starts it and waits for its first answer. */
  static async start({ command, env, ready, pinned = true }: Command): Promise<ServerProcess> {
    const [file = '', ...args] = pinned ? pin('server', command) : command;
    const started = performance.now();
    const child = spawn(file, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    child.once('exit', () => running.delete(child));
    let errors = '';
    child.stdout?.resume();
    child.stderr?.on('data', (text) => {
      errors += text;
    });
    const gone = once(child, 'exit').then(() => {
      throw new Error(`${command.join(' ')} stopped: ${errors.trim().slice(-1000)}`);
    });
    await Promise.race([firstAnswer(ready), gone]);
    gone.catch(() => {}); // From here on it is told to stop.
    return new ServerProcess(child, performance.now() - started);
  }

  get #pid(): number {
    return this.#child.pid ?? 0;
  }

  /** CPU time so far, of all its threads. */
  get cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.#pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond;
  }

  get residentMegabytes(): number {
    const status = readFileSync(`/proc/${this.#pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  }

  get fileDescriptors(): number {
    return readdirSync(`/proc/${this.#pid}/fd`).length;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
    await gone;
    clearTimeout(late);
  }
}

async function firstAnswer({ port, path }: Command['ready']): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(1)) {
    if ((await rawGet(port, path)) === 200) return;
  }
  throw new Error(`no answer from port ${port} within 30 s`);
}

/** Ports that are free now. */
export async function freePorts<Name extends string>(
  ...names: Name[]
): Promise<Record<Name, number>> {
  const servers = names.map(() => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return Object.fromEntries(names.map((name, i) => [name, ports[i]])) as Record<Name, number>;
}
