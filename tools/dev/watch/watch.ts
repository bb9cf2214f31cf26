/**
 * Runs a service and restarts it when a file that it may use is saved: `node watch.ts service-a`. The running version ends
 * only when the edited one listens, so that an edit that does not start leaves the last good version serving.
 *
 * A standby process with the packages already loaded takes over the ports before the old process ends
 * (https://nodejs.org/api/cluster.html#how-it-works). A restart takes half as long as with `node --watch`,
 * and no connection is refused meanwhile, which would restart Tilt's port forward. This watches folders,
 * because `node --watch` loses a file that an editor, or Tilt, replaced with a new one.
 *
 * INSPECT_PORT opens Node's inspector there, for whichever process serves.
 */
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { type FSWatcher, globSync, watch } from 'node:fs';
import { join } from 'node:path';

const [service = ''] = process.argv.slice(2);
const sources = [`${service}/src`, 'service-kit/src', 'proto'];
/** One save causes several events, and Tilt copies the files of a change one by one. */
const quietMs = 30;
const startTimeoutMs = 20_000;
const endTimeoutMs = 5000;

// Workers share the listening sockets and accept connections themselves.
cluster.schedulingPolicy = cluster.SCHED_NONE;
cluster.setupPrimary({
  exec: join(service, 'src/main.ts'),
  args: [],
  execArgv: [
    '--disable-warning=ExperimentalWarning',
    '--inspect-publish-uid=http', // no two lines about the debugger at each restart
    '--import',
    join(import.meta.dirname, 'preload.ts'),
  ],
});

let running: Worker | undefined;
let standby = cluster.fork();
let watchers: FSWatcher[] = [];
let timer: NodeJS.Timeout | undefined;
let restarting = false;
let edited = false;
let stopping = false;

const ports = new WeakMap<Worker, Set<number>>();
cluster.on('listening', (worker, { port }) => {
  ports.set(worker, portsOf(worker).add(port));
});
const portsOf = (worker: Worker): Set<number> => ports.get(worker) ?? new Set();

const alive = (worker: Worker | undefined): worker is Worker => worker?.isDead() === false;
const exitOf = ({ process: { signalCode, exitCode } }: Worker): string =>
  `exited with ${signalCode ?? exitCode}`;

cluster.on('exit', (worker) => {
  if (worker === running && !stopping) {
    console.error(`${service} ${exitOf(worker)}: waiting for an edit`);
  }
});

async function restart(): Promise<void> {
  edited = true;
  if (restarting) return;
  restarting = true;
  while (edited && !stopping) {
    edited = false;
    watchFolders();
    const worker = standby.isConnected() ? standby : cluster.fork();
    worker.send('start');
    standby = cluster.fork();
    if (await takesOver(worker)) {
      const previous = running;
      running = worker;
      await end(previous, 'SIGTERM');
      if (worker.isConnected()) worker.send('serves');
    } else {
      if (!edited)
        console.error(`${service} ${failure(worker)}: the last good version keeps serving`);
      await end(worker, 'SIGTERM');
    }
  }
  restarting = false;
}

/**
 * Whether a worker may replace the running one: it listens on the same ports, or on some after `startTimeoutMs`, because the
 * edit may have changed them. Resolves early when the worker exits or another edit follows. Nothing is kept of a version that
 * has exited.
 */
async function takesOver(worker: Worker): Promise<boolean> {
  const timeout = AbortSignal.timeout(startTimeoutMs);
  while (alive(running) && !portsOf(worker).isSupersetOf(portsOf(running))) {
    if (timeout.aborted) return portsOf(worker).size > 0;
    if (worker.isDead() || edited || stopping) return false;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return true;
}

const failure = (worker: Worker): string =>
  worker.isDead() ? exitOf(worker) : `does not listen after ${startTimeoutMs / 1000} s`;

/** Called at each restart, because folders come and go. */
function watchFolders(): void {
  const before = watchers;
  watchers = globSync(sources.map((source) => `${source}/**/`)).flatMap((folder) => {
    try {
      return watch(folder, onEdit);
    } catch {
      return []; // removed since it was listed: its parent folder reports that
    }
  });
  for (const watcher of before) watcher.close();
}

function onEdit(_event: string, file: string | null): void {
  // A name without a dot is a folder: `npm run generate` removes and recreates some.
  if (!file || !/\.ts$|^[^.]+$/.test(file)) return;
  clearTimeout(timer);
  timer = setTimeout(restart, quietMs);
}

async function end(worker: Worker | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!alive(worker)) return;
  const killTimer = setTimeout(() => worker.process.kill('SIGKILL'), endTimeoutMs);
  worker.process.kill(signal);
  await once(worker, 'exit');
  clearTimeout(killTimer);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    stopping = true;
    const workers = Object.values(cluster.workers ?? {});
    await Promise.all(workers.map((one) => end(one, one === standby ? 'SIGKILL' : signal)));
    process.exit(running?.process.exitCode ?? 0);
  });
}

await restart();
