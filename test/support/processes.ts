import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { atEnd } from './cleanup.ts';
import { type Env, quietEnv, type ServiceUnderTest, urlsOf } from './services.ts';

export type LogLine = { msg: string; level: string } & Record<string, unknown>;

/** How a process ended, and its output. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A service in a separate process. */
export interface ServiceProcess extends Omit<ServiceUnderTest, 'stop'> {
  ports: Record<string, number>;
  /** Each line of the log so far. */
  logs: LogLine[];
  /** Resolves with the first log line, including past ones, that `matches`. */
  logged(matches: (line: LogLine) => boolean): Promise<LogLine>;
  kill(signal: NodeJS.Signals): void;
  exited: Promise<Exit>;
}

type ServiceName = 'service-a' | 'service-b';

/**
 * Starts a service in a separate process on free ports and resolves when it is ready. Runs its source,
 * unless other arguments for Node.js are given.
 */
export async function spawnService(
  name: ServiceName,
  env: Env = {},
  args = [sourceOf(name)],
): Promise<ServiceProcess> {
  const { child, exited, logs, logged } = launch(args, { LOG_LEVEL: 'info', ...env });
  atEnd(() => {
    child.kill('SIGKILL');
    return exited;
  });
  const ready = await Promise.race([logged(({ msg }) => msg === 'ready'), exited]);
  if (!('msg' in ready)) throw new Error(`${name} did not start: ${ready.stderr}`);
  const ports = ready.ports as Record<string, number>;
  return {
    ...urlsOf(`${env.HOST ?? quietEnv.HOST}`, ports),
    ports,
    logs,
    logged,
    kill: (signal) => void child.kill(signal),
    exited,
  };
}

/** Runs a service that is expected to exit on its own. */
export function runService(name: ServiceName, env: Env = {}, args: string[] = []): Promise<Exit> {
  const { child, exited } = launch([sourceOf(name), ...args], env);
  atEnd(() => {
    child.kill('SIGKILL');
    return exited;
  });
  return exited;
}

const sourceOf = (name: ServiceName): string =>
  fileURLToPath(new URL(`../../${name}/src/main.ts`, import.meta.url));

function launch(args: string[], env: Env) {
  const settings = Object.entries({ ...quietEnv, LOG_FORMAT: 'json', ...env });
  const child = spawn(process.execPath, args, {
    env: Object.fromEntries(settings.map(([key, value]) => [key, `${value}`])),
    stdio: ['ignore', 'pipe', 'pipe'],
  });

  const logs: LogLine[] = [];
  const waiting = new Set<() => void>();
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    stdout += `${line}\n`;
    if (!line.startsWith('{')) return;
    logs.push(JSON.parse(line) as LogLine);
    for (const check of waiting) check();
  });

  const logged = (matches: (line: LogLine) => boolean): Promise<LogLine> =>
    new Promise((resolve) => {
      const check = (): void => {
        const found = logs.find(matches);
        if (!found) return;
        waiting.delete(check);
        resolve(found);
      };
      waiting.add(check);
      check();
    });
  const exited = new Promise<Exit>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, exited, logs, logged };
}
