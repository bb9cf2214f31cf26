/**
 * Fuzzes every port of both services at once. Schemathesis generates requests from the OpenAPI documents; zzuf flips bits of valid
 * requests. Fails if an honest call fails, a service logs an error, exits with another code than 0, or needs more memory than
 * docs/limits.md derives.
 *   mise run fuzz --minutes 20             an hour without --minutes
 */
import { execFile, spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { credentials } from '@grpc/grpc-js';
import { GreetingServiceClient } from '@my-app/proto/greeting/v1/greeting';
import { admin, api, grpc } from './fuzz/corpus.ts';
import { buildPods, derivedMegabytes } from './lib/pods.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' } } });
const seconds = Math.round(Number(values.minutes) * 60);
if (!(seconds > 0)) throw new Error('--minutes: a positive number');
const missing = ['schemathesis', 'zzuf'].filter((tool) => spawnSync(tool, ['--version']).error);
if (missing.length > 0) throw new Error(`${missing} not found: mise and apt-get install them`);

const execute = promisify(execFile);
/** Requests of each seed in one run of zzuf, and how many of them are sent at a time. */
const [perSeed, atATime] = [40, 16];
/** Time for an answer, in ms. Most requests that are not valid get one sooner; the rest would wait for more bytes. */
const patience = 100;

const start = await buildPods();
/** So that a busy machine is no finding. */
const patient = { SERVICE_A_DEADLINE_MS: '10000', SERVICE_A_ATTEMPT_TIMEOUT_MS: '10000' };
const { a, b, ports } = await start({ b: patient });
const greeting = new GreetingServiceClient(
  `127.0.0.1:${ports.grpcA}`,
  credentials.createInsecure(),
);
const corpora = { httpB: api, adminB: admin, grpcA: await grpc() };
const generated = [
  [ports.httpA, `http://127.0.0.1:${ports.httpA}/openapi.json`],
  [ports.httpB, `http://127.0.0.1:${ports.httpB}/openapi.json`],
  [ports.adminA, 'test/load/fuzz/admin.openapi.yaml'],
] as const;

const problems: string[] = [];
const end = performance.now() + seconds * 1000;
await Promise.all([
  ...Object.entries(corpora).map(([port, seeds]) => flipBits(port as keyof typeof corpora, seeds)),
  ...generated.map(([port, schema]) => generate(port, schema)),
]);
greeting.close();
for (const [name, server] of Object.entries({ a, b })) {
  const peak = Math.round(server.peakMegabytes);
  const code = await server.stop();
  console.log(`Service ${name.toUpperCase()}: exit code ${code}, at most ${peak} MiB`);
  if (code !== 0) problems.push(`Service ${name}: exit code ${code}`);
  if (peak > derivedMegabytes[name as 'a' | 'b']) problems.push(`Service ${name}: ${peak} MiB`);
  problems.push(...server.complaints.filter((line) => !line.startsWith('{"level":"warn"')));
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

async function flipBits(port: keyof typeof corpora, seeds: Buffer[]): Promise<void> {
  const valid = Buffer.concat(seeds.flatMap((seed) => Array<Buffer>(perSeed).fill(seed)));
  let requests = 0;
  for (let run = 0; performance.now() < end && problems.length === 0; run++) {
    const ratio = 0.0005 * 2 ** (run % 7);
    const args = ['--seed', `${run}`, '--ratio', `${ratio}`];
    const fuzzed = spawnSync('zzuf', args, { input: valid, maxBuffer: 2 * valid.length }).stdout;
    const cases: Buffer[] = [];
    for (let at = 0, n = 0; at < valid.length; n++) {
      const seed = seeds[Math.floor(n / perSeed)] as Buffer;
      const bytes = fuzzed.subarray(at, at + seed.length);
      at += seed.length;
      // A connection whose preface is wrong is closed: in every second request it stays right.
      if (port === 'grpcA' && n % 2) seed.copy(bytes, 0, 0, 24);
      cases.push(bytes);
    }
    requests += cases.length;
    const workers = Array.from({ length: atATime }, async () => {
      for (let bytes = cases.pop(); bytes; bytes = cases.pop()) await exchange(ports[port], bytes);
    });
    await Promise.all(workers);
    const failed = await honestCallsFail();
    if (failed) problems.push(`${port}: after zzuf ${args.join(' ')}: ${failed}`);
  }
  console.log(`${port}: ${requests} requests by zzuf`);
}

/** Sends bytes, and reads until the server closes or the time is over. */
function exchange(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const timer = setTimeout(() => socket.destroy(), patience);
    socket.resume().on('error', () => {});
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Why one of them failed, three times in a row. */
async function honestCallsFail(): Promise<string> {
  const urls = [
    `http://127.0.0.1:${ports.httpB}/ping_service_a`,
    `http://127.0.0.1:${ports.adminA}/livez`,
    `http://127.0.0.1:${ports.adminB}/livez`,
  ];
  let reason = '';
  for (let times = 0; times < 3; times++) {
    try {
      const signal = AbortSignal.timeout(5000);
      for (const url of urls) {
        const { status } = await fetch(url, { signal });
        if (status !== 200) throw new Error(`${url}: ${status}`);
      }
      await new Promise<void>((resolve, reject) => {
        greeting.greet({}, (error) => (error ? reject(error) : resolve()));
      });
      return '';
    } catch (error) {
      reason = (error as Error).message;
      await sleep(100);
    }
  }
  return reason;
}

async function generate(port: number, schema: string): Promise<void> {
  const limits = [
    `--max-time=${seconds}`,
    ...(schema.startsWith('http') ? [] : ['--rate-limit=40/s']),
  ];
  const options = [
    'run',
    schema,
    `--url=http://127.0.0.1:${port}`,
    '--checks=all',
    '--request-timeout=30',
    ...limits,
  ];
  try {
    const { stdout } = await execute('schemathesis', options, { maxBuffer: 2 ** 30 });
    console.log(stdout.split('\n').slice(-12).join('\n'));
  } catch (error) {
    problems.push(`${schema}: ${(error as { stdout?: string }).stdout}`);
  }
}
