/**
 * Runs a service and runs it again when a file that it may use is saved: `node watch.ts service-a`.
 *
 * The next process stands by with the packages already loaded, so that an edit costs half of what
 * `node --watch` takes. That one also forgets a file once an editor, or Tilt, has saved it by putting
 * a new one in its place; folders are watched here.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type FSWatcher, globSync, watch } from 'node:fs';
import { join } from 'node:path';

const [service = ''] = process.argv.slice(2);
const sources = [`${service}/src`, 'service-kit/src', 'proto'];
/** An editor's save is several events, and Tilt brings the files of a change one by one. */
const quietMs = 30;
const patienceMs = 5000;

let running: ChildProcess | undefined;
let next = standBy();
let watchers: FSWatcher[] = [];
let timer: NodeJS.Timeout | undefined;
let restarting = false;
let edited = false;
let stopping = false;

function standBy(): ChildProcess {
  const child = fork(join(service, 'src/main.ts'), {
    execArgv: ['--import', join(import.meta.dirname, 'preload.ts')],
  });
  child.on('exit', (code, signal) => {
    if (restarting || stopping) return;
    console.error(`${service} ended with ${signal ?? code}: waiting for an edit`);
  });
  return child;
}

async function restart(): Promise<void> {
  edited = true;
  if (restarting) return;
  restarting = true;
  while (edited && !stopping) {
    edited = false;
    watchFolders();
    await end(running, 'SIGTERM');
    running = next.connected ? next : standBy();
    running.send('start');
    next = standBy();
  }
  restarting = false;
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

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const impatience = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  child.kill(signal);
  await once(child, 'exit');
  clearTimeout(impatience);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    stopping = true;
    await Promise.all([end(running, signal), end(next, 'SIGKILL')]);
    process.exit(running?.exitCode ?? 0);
  });
}

await restart();
