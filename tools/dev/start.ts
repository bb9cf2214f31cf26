/**
 * Runs every service as a local process until Ctrl-C, or until one of them exits.
 * `--watch` restarts a service when a file that it uses is saved.
 *
 * `<SERVICE>_<NAME>_PORT`, such as SERVICE_A_HTTP_PORT, overrides a default port; all other variables
 * are passed to every service unchanged.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { portsOf, root, services } from '../services.ts';

type Ports = Record<string, string>;

const watch = process.argv.includes('--watch');
const prefixOf = (service: string): string => service.replaceAll('-', '_').toUpperCase();

async function chosenPorts(service: string): Promise<Ports> {
  const ports = Object.entries(await portsOf(service)).map(([name, port]) => {
    const variable = `${prefixOf(service)}_${name.toUpperCase()}_PORT`;
    return [name, process.env[variable] ?? `${port}`];
  });
  return Object.fromEntries(ports);
}

/** The settings that tell other services where to find this one, named after it by convention. */
function addressesOf(service: string, { grpc, http }: Ports): Record<string, string> {
  return {
    ...(grpc && { [`${prefixOf(service)}_GRPC_ADDRESS`]: `localhost:${grpc}` }),
    ...(http && { [`${prefixOf(service)}_HTTP_URL`]: `http://localhost:${http}` }),
  };
}

function start(service: string, ports: Ports, addresses: Record<string, string>): ChildProcess {
  const own = Object.entries(ports).map(([name, port]) => [`${name.toUpperCase()}_PORT`, port]);
  const child = spawn(
    process.execPath,
    watch ? ['tools/dev/watch/watch.ts', service] : [join(service, 'src/main.ts')],
    {
      cwd: root,
      // A separate process group: Ctrl-C reaches only this process, which forwards it once.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        LOG_FORMAT: process.stdout.isTTY ? 'pretty' : 'json',
        NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compile'),
        ...addresses,
        ...process.env,
        ...Object.fromEntries(own),
      },
    },
  );
  for (const [stream, out] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const) {
    if (stream) createInterface(stream).on('line', (line) => out.write(`${service} | ${line}\n`));
  }
  return child;
}

async function ready({ admin }: Ports, signal: AbortSignal): Promise<void> {
  for (;;) {
    const response = await fetch(`http://localhost:${admin}/readyz`, { signal }).catch(() => null);
    signal.throwIfAborted();
    if (response?.ok) return;
    await sleep(50, undefined, { signal });
  }
}

const ports = new Map<string, Ports>();
for (const service of services) ports.set(service, await chosenPorts(service));
const addresses = Object.assign({}, ...[...ports].map(([name, own]) => addressesOf(name, own)));
const children = [...ports].map(([name, own]) => [name, start(name, own, addresses)] as const);
const stopping = new AbortController();

function stop(signal: NodeJS.Signals): void {
  stopping.abort();
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

await Promise.all([...ports.values()].map((own) => ready(own, stopping.signal))).then(
  () => {
    console.log('\nAll services are ready. README.md has requests to try.');
    for (const [name, { http, ...others }] of ports) {
      const rest = Object.entries(others).map(([port, number]) => `${port} :${number}`);
      console.log(`  ${name}  http://localhost:${http}/docs  ${rest.join('  ')}`);
    }
    console.log(
      `${watch ? 'An edit restarts the services that use the file. ' : ''}Ctrl-C stops them.\n`,
    );
  },
  () => {},
);
await Promise.all(exits);
