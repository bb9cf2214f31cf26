import { type ClientHttp2Session, connect } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { atEnd } from '@my-app/test-support/cleanup';
import { type Greet, greetingClient } from '@my-app/test-support/grpc';
import { send } from '@my-app/test-support/http';
import { metric } from '@my-app/test-support/metrics';
import { type ServiceProcess, spawnService } from '@my-app/test-support/processes';
import { callRaw, frame, rawGrpc } from '@my-app/test-support/raw-grpc';
import { frameType, h2Frame, openCalls } from '@my-app/test-support/raw-http2';
import { expect, test, vi } from 'vitest';

const mebi = 1024 * 1024;
const greetPath = '/greeting.v1.GreetingService/Greet';
const greetEachPath = '/greeting.v1.GreetingService/GreetEach';
/** GreetEachRequest with 5000 names, whose answers have 170 KiB. */
const manyNames = frame(Buffer.from('\x0a\x01A'.repeat(5000)));
const reflectionPath = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
/** ServerReflectionRequest.file_containing_symbol */
const question = frame(Buffer.from('\x22\x15google.rpc.BadRequest'));
const ignored = h2Frame(frameType.unknown, 0, 0, Buffer.alloc(16_384));
const announcement = frame(Buffer.of(), { length: 16 * 1024 });

/** Opens streams and sends the body on each, but neither reads the responses nor, unless told so, ends them. */
function stall(
  address: string,
  path: string,
  body: Buffer,
  connections: number,
  streams: number,
  ends = false,
) {
  for (let i = 0; i < connections; i++) {
    const session = connect(`http://${address}`, { settings: { initialWindowSize: 0 } });
    session.on('error', () => {});
    atEnd(() => session.destroy());
    for (let n = 0; n < streams; n++) {
      const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc' };
      const stream = session.request(headers, { endStream: false });
      stream.on('error', () => {});
      stream.write(body);
      if (ends) stream.end();
    }
  }
}

/** Sends incomplete messages byte by byte, each byte followed by `padding`, which the server ignores. */
async function drip(address: string, rounds: number, bytes: number, padding: Buffer) {
  const streams = 256;
  const sockets = [
    await openCalls(address, greetPath, streams),
    await openCalls(address, greetPath, streams),
  ];
  for (let round = 0; round <= rounds; round++) {
    for (const socket of sockets) {
      for (let n = 0; n < streams; n++) {
        const data = (body: Buffer) => h2Frame(frameType.data, 0, 2 * n + 1, body);
        const drops = Array(bytes).fill(data(Buffer.of(1)));
        socket.write(round === 0 ? data(announcement) : Buffer.concat([...drops, padding]));
      }
    }
    await sleep(20);
  }
}

const attacks: [string, (address: string) => unknown][] = [
  [
    'messages that are never finished',
    (address) =>
      stall(address, greetPath, frame(Buffer.alloc(16_383), { length: 16_384 }), 6, 1000),
  ],
  [
    'responses that are never read',
    (address) => stall(address, reflectionPath, Buffer.concat(Array(4000).fill(question)), 1, 40),
  ],
  [
    'streams that are never read',
    (address) => stall(address, greetEachPath, manyNames, 2, 256, true),
  ],
  ['empty messages', (address) => stall(address, greetPath, Buffer.alloc(48 * 1024), 4, 128)],
  ['messages that arrive byte by byte', (address) => drip(address, 50, 40, Buffer.of())],
  [
    'messages interleaved with padding',
    (address) => drip(address, 10, 1, Buffer.concat([ignored, ignored, ignored])),
  ],
];

test.each(attacks)('%s do not exhaust the memory', { timeout: 120_000 }, async (_what, attack) => {
  const { a, greet, before } = await warmService();
  let most = 0;
  const watch = async (): Promise<void> => {
    for (let times = 0; times < 12; times++) {
      most = Math.max(most, await memoryOf(a));
      expect((await send(`${a.admin}/livez`)).status).toBe(200);
      await expectPromptAnswer(greet);
      await sleep(250);
    }
  };
  await Promise.all([attack(a.grpc), watch()]);
  expect(most - before).toBeLessThan(96 * mebi);
  // The attacker's calls time out in rounds of 256 per connection; then other calls are served.
  await vi.waitFor(async () => expect(await greet()).toContain('Hello'), 60_000);
});

test('600 clients are answered, and the 601st takes the place of the one that was idle longest', async () => {
  const { a, before } = await warmService();
  const connect = async () => {
    const session = rawGrpc(a.grpc);
    const answer = await callRaw(session, frame(Buffer.of()), { 'x-id': `${Math.random()}` });
    expect(answer.grpc).toBe(status.OK);
    return session;
  };
  const sessions: ClientHttp2Session[] = [];
  const most = 599; // warmService has one
  while (sessions.length < most) {
    const next = Array.from({ length: Math.min(50, most - sessions.length) }, connect);
    sessions.push(...(await Promise.all(next)));
  }
  expect(sessions.filter(({ closed }) => closed)).toEqual([]);
  // docs/limits.md: 72 KiB each, of which such a client needs less than half
  expect((await memoryOf(a)) - before).toBeLessThan(42 * mebi);
  await connect();
  const closed = () => metric(a.admin, 'server_connections_closed_total', { server: 'grpc' });
  expect(await closed()).toBe(1);
  expect(sessions.filter((session) => session.closed)).toEqual([]);
}, 120_000);

/** A Service A whose code and heap are warm, and the memory that it has then. */
async function warmService() {
  const a = await spawnService('service-a', {
    NODE_OPTIONS: '--max-semi-space-size=8 --max-old-space-size=153', // as in the chart
  });
  const greet = greetingClient(a.grpc);
  for (let i = 0; i < 500; i++) await greet();
  return { a, greet, before: await memoryOf(a) };
}

const memoryOf = (a: ServiceProcess): Promise<number> =>
  metric(a.admin, 'process_resident_memory_bytes');

/** Served, or rejected at once. */
async function expectPromptAnswer(greet: Greet): Promise<void> {
  const started = performance.now();
  await greet('Ada', { deadline: Date.now() + 5000 }).catch(({ code }) =>
    expect(code).toBe(status.UNAVAILABLE),
  );
  expect(performance.now() - started).toBeLessThan(2000);
}
