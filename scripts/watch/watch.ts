/**
 * Runs a service and runs it again when a file that it may use is saved: `node watch.ts service-a`.
 *
 * The next process stands by with the packages already loaded, and takes over the ports before the
 * old one ends (https://nodejs.org/api/cluster.html#how-it-works), so that an edit costs half of what
 * `node --watch` takes and no connection is refused meanwhile: one that is makes Tilt's port forward
 * start anew. `node --watch` also forgets a file once an editor, or Tilt, has saved it by putting a new
 * one in its place; folders are watched here.
 */
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { type FSWatcher, globSync, watch } from 'node:fs';
import { join } from 'node:path';

const [service = ''] = process.argv.slice(2);
const sources = [`${service}/src`, 'service-kit/src', 'proto'];
/** An editor's save is several events, and Tilt brings the files of a change one by one. */
const quietMs = 30;
const patienceMs = 5000;

// The processes share the sockets that they listen on, and none is given by another.
cluster.schedulingPolicy = cluster.SCHED_NONE;
cluster.setupPrimary({
  exec: join(service, 'src/main.ts'),
  args: [],
  execArgv: ['--import', join(import.meta.dirname, 'preload.ts')],
});

let running: Worker | undefined;
let next = cluster.fork();
let watchers: FSWatcher[] = [];
let timer: NodeJS.Timeout | undefined;
let restarting = false;
let edited = false;
let stopping = false;

const ports = new WeakMap<Worker, Set<number>>();
cluster.on('listening', (worker, { port }) => {
  ports.set(worker, (ports.get(worker) ?? new Set()).add(port));
});

cluster.on('exit', (worker, code, signal) => {
  if (worker !== running || stopping) return;
  console.error(`${service} ended with ${signal ?? code}: waiting for an edit`);
});

async function restart(): Promise<void> {
  edited = true;
  if (restarting) return;
  restarting = true;
  while (edited && !stopping) {
    edited = false;
    watchFolders();
    const previous = running;
    running = next.isConnected() ? next : cluster.fork();
    running.send('start');
    next = cluster.fork();
    await takenOver(running, previous);
    await end(previous, 'SIGTERM');
  }
  restarting = false;
}

/** Resolves when a worker listens wherever the one before it does, or has ended instead. */
async function takenOver(worker: Worker, previous: Worker | undefined): Promise<void> {
  const patience = AbortSignal.timeout(patienceMs); // For an edit that changes the ports.
  const missing = (): boolean => {
    const own = ports.get(worker) ?? new Set();
    return !own.isSupersetOf((previous && ports.get(previous)) ?? new Set());
  };
  while (missing() && !worker.isDead() && !patience.aborted) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Each time anew, because folders come and go. */
function watchFolders(): void {
  const before = watchers;
  watchers = globSync(sources.map((source) => `${source}/**/`)).flatMap((folder) => {
    try {
      return watch(folder, onEdit);
    } catch {
      return []; // removed since it was listed, which is an edit in the folder above
    }
  });
  for (const watcher of before) watcher.close();
}

function onEdit(_event: string, file: string | null): void {
  // A name without a dot is a folder's: `npm run generate` removes some and makes them again.
  if (!file || !/\.ts$|^[^.]+$/.test(file)) return;
  clearTimeout(timer);
  timer = setTimeout(restart, quietMs);
}

async function end(worker: Worker | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!worker || worker.isDead()) return;
  const impatience = setTimeout(() => worker.process.kill('SIGKILL'), patienceMs);
  worker.process.kill(signal);
  await once(worker, 'exit');
  clearTimeout(impatience);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    stopping = true;
    await Promise.all([end(running, signal), end(next, 'SIGKILL')]);
    process.exit(running?.process.exitCode ?? 0);
  });
}

await restart();
