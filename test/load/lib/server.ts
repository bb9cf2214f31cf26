import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

const ticksPerSecond = 100; // of /proc/PID/stat, on every Linux
const startLimitMs = 30_000;

// Stops the servers if the benchmark is interrupted.
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** A server under test in a separate process. Its log goes to a pipe, which is drained. */
export class Server {
  readonly #child: ChildProcess;
  readonly pid: number;
  /** The first hundred lines of its log from the level `warn`. */
  readonly complaints: string[] = [];
  /** Of its log so far. */
  logBytes = 0;
  /** Time from process start to the first successful response. */
  readonly startMs: number;

  private constructor(child: ChildProcess, startMs: number, pid: number) {
    this.#child = child;
    this.startMs = startMs;
    this.pid = pid;
    createInterface({ input: child.stdout as Readable }).on('line', (line) => {
      this.logBytes += Buffer.byteLength(line) + 1;
      if (this.complaints.length < 100 && /^{"level":"(warn|error|fatal)"/.test(line))
        this.complaints.push(line);
    });
  }

  /**
   * Starts a command and waits until the URL responds with 2xx. `pidOf` tells the server's process, if the command is
   * another.
   *
   * @throws Error if it exits first or does not respond within 30 s; its standard error goes to this process's
   */
  static async start(
    command: string[],
    env: NodeJS.ProcessEnv,
    url: string,
    pidOf = (child: ChildProcess): number => Number(child.pid),
  ): Promise<Server> {
    const started = performance.now();
    const [file = '', ...args] = command;
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: [...stdio] });
    running.add(child);
    child.once('exit', () => running.delete(child));
    while (!(await answers(url))) {
      if (!running.has(child) || performance.now() - started > startLimitMs) {
        throw new Error(`${command.join(' ')} does not respond at ${url}`);
      }
      await sleep(1);
    }
    return new Server(child, performance.now() - started, pidOf(child));
  }

  /** CPU time so far, of all threads. */
  get cpuSeconds(): number {
    // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, fields 14 and 15
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]?.split(' ');
    return (Number(fields?.[11]) + Number(fields?.[12])) / ticksPerSecond;
  }

  get residentMegabytes(): number {
    return this.#megabytes('VmRSS');
  }

  /** The most that was resident at any time; 0 once the process has ended. */
  get peakMegabytes(): number {
    return running.has(this.#child) ? this.#megabytes('VmHWM') : 0;
  }

  /** Resolves to the exit code, or the signal that ended the process. */
  async stop(): Promise<number | string | null> {
    if (!running.has(this.#child)) return this.#child.exitCode ?? this.#child.signalCode;
    const killTimer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
    clearTimeout(killTimer);
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  #megabytes(field: string): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  }
}

/** Does not keep connections alive, because a server waits for them when it shuts down. */
const answers = (url: string): Promise<boolean> =>
  fetch(url, { headers: { connection: 'close' } }).then(
    (response) => response.text().then(() => response.ok),
    () => false,
  );
