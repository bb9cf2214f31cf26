import { once } from 'node:events';
import { type ClientHttp2Session, createServer } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { HealthService } from '@my-app/proto/health/v1/health';
import { atEnd } from '@my-app/test-support/cleanup';
import { callRaw, frame, rawGrpc } from '@my-app/test-support/raw-grpc';
import { frameType, h2Frame, openCalls } from '@my-app/test-support/raw-http2';
import { expect, test, vi } from 'vitest';
import { limitConnections } from '../../../src/grpc/server/limits.ts';
import { grpcService } from '../../../src/grpc/server/service.ts';
import { call, client, echoService, serve, start } from '../../support/echo.ts';
import { captureLogs } from '../../support/logs.ts';
import { countsOf, sampleOf } from '../../support/metrics.ts';

const longest = 16 * 1024;
const path = echoService.echo.path;
const windowOf0 = { settings: { initialWindowSize: 0 } };
const echo = (address: string, message = Buffer.of(1)) =>
  call(client(address, echoService), 'echo', message);

test.each([longest, 1, 0])('a message of %i bytes passes', async (size) => {
  const { address } = await start();
  expect(await echo(address, Buffer.alloc(size))).toHaveLength(size);
});

test('a longer request is RESOURCE_EXHAUSTED', async () => {
  const { address } = await start();
  await expect(echo(address, Buffer.alloc(longest + 1))).rejects.toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
    details: expect.stringContaining(`${longest + 1} vs ${longest}`),
  });
});

test.each([
  ['of more than 64 KiB', Buffer.alloc(64 * 1024 + 1), /65537 bytes/],
  ['that cannot be serialized', null as never, /must be of type string/],
] as const)(
  'an answer %s is a bug: INTERNAL, logged and counted once',
  async (_what, answer, reason) => {
    const { logger, lines } = captureLogs();
    const definition = { echo: { ...echoService.echo, responseSerialize: Buffer.from } };
    const { address, metrics } = await serve([grpcService(definition, { echo: () => answer })], {
      logger,
    });
    const internal = { code: status.INTERNAL, details: 'internal error' };
    await expect(echo(address)).rejects.toMatchObject(internal);
    expect(lines).toMatchObject([
      { msg: 'unexpected error', err: { message: expect.stringMatching(reason) } },
      { msg: 'call', rpc_status_code: 'INTERNAL' },
    ]);
    expect(await countsOf(metrics.rpcServerDuration)).toMatchObject([{ value: 1 }]);
  },
);

test('a message in a hundred pieces passes, and one in a thousand is cut', async () => {
  const { address } = await start();
  const socket = await openCalls(address, path, 2);
  const answers = received(socket);
  const send = (stream: number, pieces: number) => {
    socket.write(h2Frame(frameType.data, 0, stream, frame(Buffer.of(), { length: pieces })));
    for (let n = pieces; n > 0; n--) {
      socket.write(h2Frame(frameType.data, n === 1 ? 1 : 0, stream, Buffer.of(1)));
    }
  };
  send(1, 100);
  send(3, 1000);
  const enhanceYourCalm = 11;
  await vi.waitFor(() => {
    expect(answers().includes(Buffer.alloc(100, 1))).toBe(true);
    expect(answers().includes(h2Frame(3, 0, 3, Buffer.of(0, 0, 0, enhanceYourCalm)))).toBe(true);
  });
});

test.each(['metadata', 'trailers'])('%s of more than 8 KiB are refused', async (where) => {
  const { address } = await start();
  const session = rawGrpc(address);
  await once(session, 'remoteSettings');
  const ask = (size: number) => {
    const large = { 'x-large': 'x'.repeat(size) };
    const [headers, trailers] = where === 'trailers' ? [{}, large] : [large, undefined];
    return callRaw(session, frame(Buffer.of()), { ':path': path, ...headers }, true, trailers);
  };
  expect(await ask(7500)).toMatchObject({ grpc: status.OK });
  expect((await ask(8500)).grpc).not.toBe(status.OK);
});

test('calls beyond 512 are refused, until others end', async () => {
  const release = Promise.withResolvers<void>();
  const { address, metrics } = await start((request) => release.promise.then(() => request));
  /** Again, while they are so many at once that the server is late, and sheds load. */
  const hold = async (session: ClientHttp2Session): Promise<void> => {
    const { grpc } = await callRaw(session, frame(Buffer.of()), { ':path': path });
    if (grpc === status.UNAVAILABLE) await hold(session);
  };
  for (const session of [rawGrpc(address), rawGrpc(address)]) {
    await once(session, 'remoteSettings');
    for (let n = 0; n < 256; n++) void hold(session);
  }
  await vi.waitFor(async () => expect(await sampleOf(metrics.rpcServerActive)).toBe(512), 5000);
  await expect(echo(address)).rejects.toMatchObject({
    code: status.UNAVAILABLE,
    details: 'Stream refused by server',
  });
  release.resolve();
  await vi.waitFor(async () => expect(await echo(address)).toEqual(Buffer.of(1)), 5000);
});

test.each([
  ['whose request is not finished', path, Buffer.of()],
  ['whose answer is not read', path, frame(Buffer.alloc(10))],
  ['without an end', HealthService.watch.path, frame(Buffer.of())],
])('512 calls %s keep nobody out', async (_which, held, body) => {
  const { address } = await start();
  const sessions = [rawGrpc(address, windowOf0), rawGrpc(address, windowOf0)];
  let open = 0;
  for (const session of sessions) {
    await once(session, 'remoteSettings');
    for (let n = 0; n < 256; n++) {
      open += 1;
      const answer = callRaw(session, body, { ':path': held }, body.length > 0);
      void answer.then(() => {
        open -= 1;
      });
    }
  }
  const honest = client(address, echoService);
  await sleep(200); // longer than an answer may stay unread
  expect(open).toBe(512);
  const echoes = Array.from({ length: 100 }, () => call(honest, 'echo', Buffer.of(1)));
  expect(new Set((await Promise.all(echoes)).map(String))).toEqual(new Set(['\x01']));
  await vi.waitFor(() => expect(open).toBeLessThan(512));
});

test('without the private parts of grpc-js that the limits need, no server starts', () => {
  const withoutListener = new Map([[createServer(), {}]]);
  for (const http2Servers of [undefined, new Map(), withoutListener]) {
    const limit = () => limitConnections({ http2Servers } as never, new Map(), {} as never);
    expect(limit).toThrow('unsupported version of @grpc/grpc-js');
  }
});

test('a call whose request does not arrive is ended', { timeout: 30_000 }, async () => {
  const { address } = await start();
  const socket = await openCalls(address, path, 1);
  const answers = received(socket);
  const cancel = h2Frame(3, 0, 1, Buffer.of(0, 0, 0, 8));
  await vi.waitFor(() => expect(answers().includes(cancel)).toBe(true), 15_000);
});

test('a call without an answer ends after a minute, and a health watch does not', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] });
  atEnd(() => void vi.useRealTimers());
  const { address } = await start(() => new Promise(() => {}));
  const session = rawGrpc(address);
  const ended: string[] = [];
  for (const called of [path, HealthService.watch.path]) {
    const answer = callRaw(session, frame(Buffer.of()), { ':path': called });
    void answer.then(() => ended.push(called));
  }
  const roundTrip = () => new Promise((resolve) => session.ping(resolve));
  await once(session, 'remoteSettings');
  for (const [seconds, expected] of [
    [59, []],
    [3, [path]],
    [3600, [path]],
  ] as const) {
    await roundTrip();
    vi.advanceTimersByTime(seconds * 1000);
    await roundTrip(); // in which the server's next turn ends calls
    await roundTrip();
    expect(ended).toEqual(expected);
  }
});

test('connections beyond 600 are closed', async () => {
  const { address } = await start();
  const [host, port] = address.split(':');
  let closed = 0;
  const open = async (): Promise<Socket> => {
    const socket = connect(Number(port), host).resume();
    atEnd(() => socket.destroy());
    socket.on('error', () => {}).on('close', () => closed++);
    await once(socket, 'connect');
    return socket;
  };
  const sockets = await Promise.all(Array.from({ length: 610 }, open));
  await vi.waitFor(() => expect(closed).toBe(10), 5000);
  for (const socket of sockets) socket.destroy();
  await vi.waitFor(async () => expect(await echo(address)).toEqual(Buffer.of(1)), 5000);
});

/** What the socket has received so far. */
function received(socket: Socket): () => Buffer {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks);
}
