/**
 * Measures the inner loop: seconds from saving a file to the first changed response, under `tilt up` in the
 * cluster of `mise run cluster`. Works on a copy of the tree in a separate namespace and removes both.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { portsOf, root, services } from '../../tools/services.ts';
import { answers, type Loop, loops } from './inner-loop/loops.ts';

const context = 'kind-my-app';
const namespace = 'my-app-measure-tilt';
const edits = 10;
const upMs = 300_000;
const editMs = 60_000;
/** Pause between edits, so that the work started by one is over before the next. */
const pauseMs = 3000;

const copy = mkdtempSync(join(tmpdir(), 'my-app-tilt-'));
const log = join(copy, 'tilt.log');
let tilt: ChildProcess | undefined;

/** Something else that answers there would be measured instead. */
async function checkPortsAreFree(): Promise<void> {
  for (const { http = 0 } of await Promise.all(services.map(portsOf))) {
    if (await answers(http, '/', '')) throw new Error(`port ${http} is in use: stop what listens`);
  }
}

function copyTree(): void {
  const listed = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const files = execFileSync('git', listed, { cwd: root, encoding: 'utf8' }).split('\0');
  for (const file of files.filter((name) => name && existsSync(join(root, name)))) {
    cpSync(join(root, file), join(copy, file));
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
}

function startTilt(): ChildProcess {
  const output = openSync(log, 'w');
  const args = ['up', '--stream', '--context', context, '--namespace', namespace, '--port', '0'];
  return spawn('tilt', args, { cwd: copy, stdio: ['ignore', output, output] });
}

/** Edits the file ten times, waits each time until a response shows the edit, and restores the file. */
async function measure({ name, file, piece, edited, shows }: Loop): Promise<number[]> {
  const path = join(copy, file);
  const original = readFileSync(path, 'utf8');
  if (!original.includes(piece)) throw new Error(`${file} no longer contains "${piece}"`);
  const times: number[] = [];
  for (let edit = 1; edit <= edits; edit += 1) {
    const mark = `mark_${edit}`;
    writeFileSync(path, original.replace(piece, edited(mark)));
    times.push(await secondsUntil(() => shows(mark), editMs, `an edit of ${name}`));
    await sleep(pauseMs);
  }
  writeFileSync(path, original);
  await sleep(pauseMs);
  return times.sort((a, b) => a - b);
}

async function secondsUntil(
  holds: () => Promise<boolean>,
  limitMs: number,
  what: string,
): Promise<number> {
  const start = performance.now();
  while (!(await holds())) {
    if (performance.now() - start > limitMs) {
      const end = readFileSync(log, 'utf8').split('\n').slice(-30).join('\n');
      throw new Error(`${what} took more than ${limitMs / 1000} s\n${end}`);
    }
    await sleep(10);
  }
  return (performance.now() - start) / 1000;
}

function kubectl(...args: string[]): string {
  return execFileSync('kubectl', ['--context', context, ...args], { encoding: 'utf8' });
}

/** Identity and restart count of each pod: an edit must change neither. */
function pods(): string {
  const columns =
    'POD:.metadata.name,UID:.metadata.uid,RESTARTS:.status.containerStatuses[*].restartCount';
  return kubectl('get', 'pods', '--namespace', namespace, '--output', `custom-columns=${columns}`);
}

function row(name: string, ...cells: string[]): void {
  console.log([name.padEnd(20), ...cells.map((cell) => cell.padStart(8))].join(''));
}

async function main(): Promise<void> {
  await checkPortsAreFree();
  copyTree();
  kubectl('create', 'namespace', namespace);
  tilt = startTilt();
  const ready = () => answers(8012, '/ping_service_a', 'Hello');
  const up = await secondsUntil(ready, upMs, 'tilt up');
  console.log(`tilt up: ${up.toFixed(0)} s to the first response\n`);
  await sleep(pauseMs);
  const before = pods();
  row('edit of', 'median', 'worst');
  for (const loop of loops) {
    const times = await measure(loop);
    const median = times[Math.floor(times.length / 2)] ?? Number.NaN;
    row(loop.name, `${median.toFixed(2)} s`, `${times.at(-1)?.toFixed(2)} s`);
  }
  const after = pods();
  if (after !== before) throw new Error(`pods changed:\n${before}${after}`);
  console.log('\nNo pod was replaced or restarted.');
}

function cleanUp(): void {
  tilt?.kill('SIGTERM');
  kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--wait=false');
  rmSync(copy, { recursive: true, force: true });
}

process.once('SIGINT', () => {
  cleanUp();
  process.exit(130);
});
await main()
  .catch((error: Error) => {
    console.error(`measure:tilt: ${error.message}`);
    process.exitCode = 1;
  })
  .finally(cleanUp);
