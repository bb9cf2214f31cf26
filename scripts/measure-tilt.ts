/**
 * Measures the inner loop: seconds from saving a file to the new answer, under `tilt up`. Works on a copy of the
 * tree, in a namespace of its own, and removes both.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
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
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..');
const context = 'kind-my-app';
const namespace = 'my-app-measure-tilt';
const edits = 10;
/** For Tilt to be up, and for an edit to arrive. */
const upMs = 300_000;
const editMs = 60_000;
/** Between edits, as a person pauses: what the last one set off is over. */
const pauseMs = 3000;

const copy = mkdtempSync(join(tmpdir(), 'my-app-tilt-'));
const exec = promisify(execFile);

interface Loop {
  name: string;
  file: string;
  /** A piece of the file, and what takes its place. */
  replace: [string, (mark: string) => string];
  /** Whether the running services show the mark. */
  shows(mark: string): Promise<boolean>;
}

const loops: Loop[] = [
  {
    name: 'service-a',
    file: 'service-a/src/greeting.ts',
    replace: ['Hello from Service A!', (mark) => `Hello from Service A! ${mark}`],
    shows: (mark) => answers(8011, '/greeting', mark),
  },
  {
    name: 'service-b',
    file: 'service-b/src/ping.http.ts',
    replace: ['Hello from Service B!', (mark) => `Hello from Service B! ${mark}`],
    shows: (mark) => answers(8012, '/ping_service_a', mark),
  },
  {
    name: 'service-kit, in both',
    file: 'service-kit/src/http-server.ts',
    replace: ['there is no', (mark) => `${mark}: there is no`],
    shows: async (mark) =>
      (await answers(8011, '/nothing', mark)) && (await answers(8012, '/nothing', mark)),
  },
  {
    name: 'proto, in service-a',
    file: 'proto/greeting/v1/greeting.proto',
    replace: [
      'message GreetRequest {',
      (mark) => `message GreetRequest {\n  // A mark.\n  string ${mark} = 100;`,
    ],
    shows: (mark) => describes('greeting.v1.GreetRequest', mark),
  },
];

async function answers(port: number, path: string, mark: string): Promise<boolean> {
  const signal = AbortSignal.timeout(1000);
  const answer = await fetch(`http://localhost:${port}${path}`, { signal }).catch(() => undefined);
  return (await answer?.text().catch(() => ''))?.includes(mark) ?? false;
}

async function describes(symbol: string, mark: string): Promise<boolean> {
  const args = ['-plaintext', '-max-time', '1', 'localhost:50051', 'describe', symbol];
  return exec('grpcurl', args).then(
    ({ stdout }) => stdout.includes(mark),
    () => false,
  );
}

async function secondsUntil(
  holds: () => Promise<boolean>,
  limitMs: number,
  what: string,
): Promise<number> {
  const start = performance.now();
  while (!(await holds())) {
    if (performance.now() - start > limitMs)
      throw new Error(`${what} took more than ${limitMs / 1000} s`);
    await sleep(10);
  }
  return (performance.now() - start) / 1000;
}

/** Edits until the answer shows it, ten times, and puts the file back. */
async function measure({ name, file, replace: [piece, edited], shows }: Loop): Promise<number[]> {
  const path = join(copy, file);
  const original = readFileSync(path, 'utf8');
  if (!original.includes(piece)) throw new Error(`${file} does not contain "${piece}" any more`);
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

function kubectl(...args: string[]): string {
  return execFileSync('kubectl', ['--context', context, ...args], { encoding: 'utf8' });
}

/** Identities and restarts of the pods, one line each: an edit changes neither. */
function pods(): string {
  const columns =
    'NAME:.metadata.name,UID:.metadata.uid,RESTARTS:.status.containerStatuses[*].restartCount';
  return kubectl('get', 'pods', '--namespace', namespace, '--output', `custom-columns=${columns}`);
}

async function checkPortsAreFree(): Promise<void> {
  for (const port of [8011, 8012, 9011, 9012, 50051]) {
    const socket = connect(port, 'localhost');
    const used = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (used)
      throw new Error(`port ${port} is in use: stop what runs there, such as npm start or tilt up`);
  }
}

function copyTree(): void {
  const listed = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const files = execFileSync('git', listed, { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter(Boolean);
  for (const file of files.filter((name) => existsSync(join(root, name)))) {
    cpSync(join(root, file), join(copy, file));
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
}

function startTilt(): ChildProcess {
  const log = openSync(join(copy, 'tilt.log'), 'w');
  const args = ['up', '--stream', '--context', context, '--namespace', namespace, '--port', '0'];
  return spawn('tilt', args, { cwd: copy, stdio: ['ignore', log, log] });
}

function print(name: string, times: number[]): void {
  const median = times[Math.floor(times.length / 2)] ?? Number.NaN;
  const worst = times.at(-1) ?? Number.NaN;
  console.log(`${name.padEnd(22)}${median.toFixed(2).padStart(8)}${worst.toFixed(2).padStart(8)}`);
}

let tilt: ChildProcess | undefined;

function cleanUp(): void {
  tilt?.kill('SIGTERM');
  kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--wait=false');
  rmSync(copy, { recursive: true, force: true });
}

process.once('SIGINT', () => {
  cleanUp();
  process.exit(130);
});

try {
  await checkPortsAreFree();
  copyTree();
  kubectl('create', 'namespace', namespace);
  tilt = startTilt();
  const up = await secondsUntil(() => answers(8012, '/ping_service_a', 'Hello'), upMs, 'tilt up');
  console.log(`tilt up: ${up.toFixed(0)} s to the first answer\n`);
  await sleep(pauseMs);
  const before = pods();
  console.log(`${'saved to answered, s'.padEnd(22)}  median   worst`);
  for (const loop of loops) print(loop.name, await measure(loop));
  console.log(
    pods() === before
      ? '\nno pod was replaced or restarted'
      : `\nbefore:\n${before}\nafter:\n${pods()}`,
  );
  process.exitCode = pods() === before ? 0 : 1;
} catch (error) {
  console.error(`measure:tilt: ${error instanceof Error ? error.message : error}`);
  try {
    console.error(readFileSync(join(copy, 'tilt.log'), 'utf8').split('\n').slice(-30).join('\n'));
  } catch {}
  process.exitCode = 1;
} finally {
  cleanUp();
}
