/**
 * Runs a service and runs it again when a file that it may use is saved:
 * `node scripts/watch.ts service-a`. `node --watch` forgets a file once an editor, or Tilt, has
 * saved it by putting a new one in its place; folders are watched here, and they stay.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, watch } from 'node:fs';
import { join } from 'node:path';

const [service = ''] = process.argv.slice(2);
const sources = [`${service}/src`, 'service-kit/src', 'proto/gen'];
/** An editor's save is several events, and a checkout many. */
const quietMs = 20;
const patienceMs = 5000;

let child: ChildProcess;
let again = false;
let timer: NodeJS.Timeout | undefined;

function start(): void {
  again = false;
  child = spawn(process.execPath, [join(service, 'src/main.ts')], { stdio: 'inherit' });
  child.on('exit', (code) => {
    if (again) start();
    else if (stopping || code === 0) process.exit(code ?? 1);
    else console.error(`${service} ended with ${code}: waiting for an edit`);
  });
}

function restart(): void {
  const old = child;
  if (old.exitCode !== null || old.signalCode !== null) {
    start();
  } else {
    again = true;
    old.kill('SIGTERM');
    setTimeout(() => old.kill('SIGKILL'), patienceMs).unref();
  }
}

let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stopping = true;
    if (!child.kill(signal)) process.exit();
  });
}

for (const source of sources) {
  const folders = readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  for (const folder of [source, ...folders]) {
    watch(folder, (_event, file) => {
      if (!file?.endsWith('.ts')) return;
      clearTimeout(timer);
      timer = setTimeout(restart, quietMs);
    });
  }
}
start();
