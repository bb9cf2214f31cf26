/**
 * Runs both services as processes of this machine, until Ctrl-C or until one of them ends.
 * `--watch` starts a service again when a file that it uses is saved.
 *
 * SERVICE_A_HTTP_PORT, SERVICE_A_GRPC_PORT, SERVICE_A_ADMIN_PORT, SERVICE_B_HTTP_PORT and
 * SERVICE_B_ADMIN_PORT choose other ports; all other variables reach both services as they are.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const root = join(import.meta.dirname, '..');
const watch = process.argv.includes('--watch');
const {
  SERVICE_A_HTTP_PORT: aHttp = '8011',
  SERVICE_A_GRPC_PORT: aGrpc = '50051',
  SERVICE_A_ADMIN_PORT: aAdmin = '9011',
  SERVICE_B_HTTP_PORT: bHttp = '8012',
  SERVICE_B_ADMIN_PORT: bAdmin = '9012',
  ...environment
} = process.env;

const services: Record<string, Record<string, string>> = {
  'service-a': { HTTP_PORT: aHttp, GRPC_PORT: aGrpc, ADMIN_PORT: aAdmin },
  'service-b': {
    SERVICE_A_GRPC_ADDRESS: `localhost:${aGrpc}`,
    SERVICE_A_HTTP_URL: `http://localhost:${aHttp}`,
    HTTP_PORT: bHttp,
    ADMIN_PORT: bAdmin,
  },
};

const invitation = `
Both services run. Try:
  curl localhost:${bHttp}/ping_service_a
  curl localhost:${bHttp}/service_a/greeting?name=Ada
  curl localhost:${aHttp}/greeting
  curl localhost:${aAdmin}/readyz
  grpcurl -plaintext -d '{"name": "Ada"}' localhost:${aGrpc} greeting.v1.GreetingService/Greet
Documentation: http://localhost:${aHttp}/docs and http://localhost:${bHttp}/docs
${watch ? 'An edit restarts what it concerns. ' : ''}Ctrl-C stops both.
`;

function start(name: string, settings: Record<string, string>): ChildProcess {
  const child = spawn(
    process.execPath,
    watch ? ['scripts/watch/watch.ts', name] : [join(name, 'src/main.ts')],
    {
      cwd: root,
      // A group of its own: Ctrl-C reaches this process alone, which passes it on once.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        LOG_FORMAT: process.stdout.isTTY ? 'pretty' : 'json',
        NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compile'),
        ...environment,
        ...settings,
      },
    },
  );
  for (const [stream, out] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const) {
    if (stream) createInterface(stream).on('line', (line) => out.write(`${name} | ${line}\n`));
  }
  return child;
}

async function ready(adminPort: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://localhost:${adminPort}/readyz`, { signal }).catch(
      () => null,
    );
    signal.throwIfAborted();
    if (answer?.ok) return;
    await sleep(50, undefined, { signal });
  }
}

const children = Object.entries(services).map(
  ([name, settings]) => [name, start(name, settings)] as const,
);
const stopping = new AbortController();
// However this process ends, as by a pipe that closed, it leaves nothing behind.
process.on('exit', () => stop('SIGTERM'));

function stop(signal: NodeJS.Signals): void {
  stopping.abort();
  for (const [, child] of children) child.kill(signal);
}

// A terminal sends Ctrl-C to npm too, which passes it on: what comes within a moment is the same one.
let stoppedAt = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (Date.now() - stoppedAt < 500) return;
    stoppedAt = Date.now();
    stop(signal);
  });
}

const ends = children.map(async ([name, child]) => {
  const [code, signal] = await once(child, 'exit');
  if (!stopping.signal.aborted) {
    console.error(`${name} ended with ${signal ?? `exit code ${code}`}: stopping the other`);
    process.exitCode = code ?? 1;
    stop('SIGTERM');
  } else if (code) {
    process.exitCode ||= code;
  }
});

await Promise.all([aAdmin, bAdmin].map((port) => ready(port, stopping.signal))).then(
  () => console.log(invitation),
  () => {},
);
await Promise.all(ends);
