/**
 * Runs every service as a local process until Ctrl-C, or until one of them exits. start.mjs runs this.
 * `--watch` restarts a service when a file that it uses is saved, and shows errors in types.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { describeConfig } from '@my-app/service-kit/runtime';
import { root, services, settingsOf } from '../services.ts';
import { start } from './start/child.ts';
import { type Environment, type Instance, readEnvironment } from './start/environment.ts';

const help = `npm start          runs the services; \`npm run dev\` restarts them at each edit
npm start -- --inspect   opens Node's inspector for each service; .vscode/launch.json attaches to it

Variables are read from the environment and from .env, and passed to the services.
HOST sets the address that they listen on (default: 127.0.0.1), and SERVICE_A_HTTP_PORT and similar variables their ports.
`;

function optionsOf(): { watch?: boolean; inspect?: boolean; help?: boolean } {
  const flag = { type: 'boolean' } as const;
  return parseArgs({ options: { watch: flag, inspect: flag, help: flag } }).values;
}

function startService(instance: Instance, { host, addresses }: Environment): ChildProcess {
  const { name, ports, inspectPort } = instance;
  const own = Object.entries(ports).map(([port, number]) => [
    `${port.toUpperCase()}_PORT`,
    `${number}`,
  ]);
  const color = process.stdout.isTTY && !process.env.NO_COLOR;
  const inspector = options.watch
    ? []
    : [`--inspect=127.0.0.1:${inspectPort}`, '--inspect-publish-uid=http'];
  const args = options.watch ? ['tools/dev/watch/watch.ts', name] : [join(name, 'src/main.ts')];
  const flags = ['--disable-warning=ExperimentalWarning', ...(inspectPort ? inspector : [])];
  return start(name, [process.execPath, ...flags, ...args], {
    LOG_FORMAT: process.stdout.isTTY ? 'pretty' : 'json',
    ...(color && { FORCE_COLOR: '1' }),
    NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compile'),
    ...addresses,
    ...process.env,
    // The inspector of this process, of npm and of each service would want the same port.
    NODE_OPTIONS: nodeOptions.replaceAll(inspectFlag, ''),
    ...(inspectPort && { INSPECT_PORT: `${inspectPort}` }),
    HOST: host,
    ...Object.fromEntries(own),
  });
}

/** Type errors, but not that it watches and found none. */
function startTypes(): ChildProcess {
  const tsc = join(root, 'node_modules/.bin/tsc');
  const args = ['--noEmit', '--watch', '--preserveWatchOutput', '--pretty', 'false'];
  return start(
    'types',
    [tsc, ...args],
    process.env,
    (line) => /error|^\s+\S/.test(line) && !/Found 0 errors/.test(line),
  );
}

async function ready(admin: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const response = await fetch(`${admin}/readyz`, { signal }).catch(() => null);
    signal.throwIfAborted();
    if (response?.ok) return;
    await sleep(50, undefined, { signal });
  }
}

function fail(error: Error): never {
  console.error(error.message);
  process.exit(1);
}

let options: ReturnType<typeof optionsOf>;
try {
  options = optionsOf();
} catch (error) {
  fail(error as Error);
}
if (options.help) {
  console.log(help);
  for (const name of services) console.log(`${name}\n${describeConfig(await settingsOf(name))}\n`);
  process.exit();
}

const nodeOptions = process.env.NODE_OPTIONS ?? '';
const inspectFlag = /--inspect(-brk|-wait|-port)?(=\S*)?/g;
const inspect = options.inspect === true || nodeOptions.search(inspectFlag) >= 0;
const environment = await readEnvironment(inspect).catch(fail);
const { instances, peer } = environment;
const children = instances.map((one) => [one.name, startService(one, environment)] as const);
const types = options.watch ? startTypes() : undefined;
const stopping = new AbortController();

function stop(signal: NodeJS.Signals): void {
  stopping.abort();
  types?.kill('SIGTERM');
  for (const [, child] of children) child.kill(signal);
}

// Leaves no service behind, however this process ends (such as a closed pipe), or when npm is killed.
process.on('exit', () => stop('SIGTERM'));
const parent = process.ppid;
setInterval(() => process.ppid !== parent && stop('SIGTERM'), 500).unref();

// A terminal sends Ctrl-C to npm as well, which forwards it: ignore a second signal that follows at once.
let stoppedAt = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (Date.now() - stoppedAt < 500) return;
    stoppedAt = Date.now();
    stop(signal);
  });
}

const exits = children.map(async ([name, child]) => {
  const [code, signal] = await once(child, 'exit');
  if (!stopping.signal.aborted) {
    console.error(`${name} exited with ${signal ?? `code ${code}`}: stopping the others`);
    process.exitCode = code ?? 1;
    stop('SIGTERM');
  } else if (code) {
    process.exitCode ||= code;
  }
});

await Promise.all(
  instances.map(({ ports }) => ready(`http://${peer}:${ports.admin}`, stopping.signal)),
).then(
  () => {
    console.log('\nAll services are ready. README.md has requests to try.');
    for (const { name, ports, inspectPort } of instances) {
      const { http, ...others } = inspectPort ? { ...ports, inspector: inspectPort } : ports;
      const rest = Object.entries(others).map(([port, number]) => `${port} :${number}`);
      console.log(`  ${name}  http://${peer}:${http}/docs  ${rest.join('  ')}`);
    }
    const hints = [
      options.watch && 'An edit restarts the services that use the file.',
      !process.env.OTEL_EXPORTER_OTLP_ENDPOINT &&
        '`mise run traces` also shows the trace of each request.',
      'Press Ctrl-C to stop them.',
    ];
    console.log(`${hints.filter(Boolean).join(' ')}\n`);
  },
  () => {},
);
await Promise.all(exits);
