import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { expect, test, vi } from 'vitest';
import { StatusError } from '../../src/grpc/status-error.ts';
import { callContext } from '../support/call-context.ts';
import { countsOf, sampleOf } from '../support/metrics.ts';
import {
  callStream,
  count,
  readAll,
  serveStreams,
  startStreams,
  untilAborted,
  waiting,
} from '../support/stream.ts';

const none = Buffer.of();
const never = new Promise<never>(() => {});

test('each message of a handler arrives, in order, and then the end', async () => {
  const { client, metrics, clientMetrics, lines } = await startStreams(() => count(1000));
  const { read, error } = await readAll(client.stream(none, callContext()));
  expect(error).toBeUndefined();
  expect(Buffer.concat(read)).toEqual(Buffer.from(Array.from({ length: 1000 }, (_, n) => n % 256)));
  const call = { rpc_method: 'test.v1.EchoService/Stream', rpc_status_code: 'OK' };
  await vi.waitFor(() => expect(lines).toHaveLength(1));
  expect(lines[0]).toMatchObject({ msg: 'call', ...call, messages: 1000 });
  const labels = { rpc_system_name: 'grpc', ...call, grpc_type: 'server_stream' };
  expect(await countsOf(metrics.rpcServerDuration)).toEqual([{ labels, value: 1 }]);
  expect(await countsOf(clientMetrics.rpcClientDuration)).toEqual([{ labels, value: 1 }]);
  expect(await sampleOf(metrics.rpcServerMessages)).toBe(1000);
  expect(await sampleOf(clientMetrics.rpcClientMessages)).toBe(1000);
  expect(await sampleOf(metrics.rpcServerActive)).toBe(0);
});

test('a stream without a message ends well, and is counted once', async () => {
  const { client, metrics, lines } = await startStreams(() => count(0));
  expect(await readAll(client.stream(none, callContext()))).toEqual({ read: [], error: undefined });
  expect(lines).toMatchObject([{ msg: 'call', rpc_status_code: 'OK', messages: 0 }]);
  expect(await countsOf(metrics.rpcServerDuration)).toMatchObject([{ value: 1 }]);
});

test.for([
  [new StatusError(status.NOT_FOUND, 'there is none'), 'NOT_FOUND', 'upstream answered NOT_FOUND'],
  [new Error('the password is 1234'), 'INTERNAL', 'upstream answered INTERNAL'],
] as const)('%s follows the messages before it', async ([thrown, code, message]) => {
  const { client, lines } = await startStreams(async function* () {
    yield* count(2);
    throw thrown;
  });
  const { read, error } = await readAll(client.stream(none, callContext()));
  expect(read).toHaveLength(2);
  expect(error).toMatchObject({ name: 'CallError', message });
  await vi.waitFor(() => {
    expect(lines.at(-1)).toMatchObject({ msg: 'call', rpc_status_code: code, messages: 2 });
  });
});

test.for([
  ['the first', 0],
  ['a later', 2],
] as const)(
  '%s message that is too long to be sent is a bug, and the stream fails',
  async ([, before]) => {
    const { client, lines, metrics } = await startStreams(async function* () {
      yield* count(before);
      yield* count(1, 64 * 1024 + 1);
    });
    const { read, error } = await readAll(client.stream(none, callContext()));
    expect(read).toHaveLength(before);
    expect(error).toMatchObject({ code: status.INTERNAL });
    await vi.waitFor(() => expect(lines.at(-1)?.msg).toBe('call'));
    expect(lines.slice(-2)).toMatchObject([
      { msg: 'unexpected error', err: { message: expect.stringContaining('65537 bytes') } },
      { msg: 'call', rpc_status_code: 'INTERNAL', messages: before },
    ]);
    expect(await countsOf(metrics.rpcServerDuration)).toMatchObject([
      { labels: { rpc_status_code: 'INTERNAL', grpc_type: 'server_stream' }, value: 1 },
    ]);
  },
);

test('a stream that fails before its handler is counted as a stream', async () => {
  const { address, lines, metrics } = await serveStreams(() => count(1));
  expect(await callStream(address, {}, Buffer.alloc(16 * 1024 + 1))).toBe(
    status.RESOURCE_EXHAUSTED,
  );
  expect(lines).toMatchObject([{ msg: 'call failed before it reached its handler' }]);
  expect(await countsOf(metrics.rpcServerDuration)).toMatchObject([
    { labels: { rpc_status_code: 'RESOURCE_EXHAUSTED', grpc_type: 'server_stream' }, value: 1 },
  ]);
});

test('the handler makes no message before the client has room for it', async () => {
  let made = 0;
  const { client } = await startStreams(async function* () {
    for await (const message of count(200, 16 * 1024)) {
      made += 1;
      yield message;
    }
  });
  const messages = client.stream(none, callContext());
  await messages.next();
  for (let before = 0; made !== before; await sleep(100)) {
    before = made;
    expect(made).toBeLessThan(20); // HTTP/2's window of 64 KiB, and what Node.js has read and not parsed
  }
  expect((await readAll(messages)).read).toHaveLength(199);
  expect(made).toBe(200);
});

test('a consumer that stops cancels the handler', async () => {
  const { handler, ended } = waiting(untilAborted);
  const { client, lines, clientMetrics } = await startStreams(handler);
  for await (const _ of client.stream(none, callContext())) break;
  expect((await ended).signal.aborted).toBe(true);
  await vi.waitFor(() => expect(lines).toHaveLength(1));
  expect(lines[0]).toMatchObject({ rpc_status_code: 'CANCELLED' });
  expect(await countsOf(clientMetrics.rpcClientDuration)).toMatchObject([
    { labels: { rpc_status_code: 'CANCELLED' } },
  ]);
});

test('a caller that gives up cancels the call, even if the handler does not listen', async () => {
  const { handler } = waiting(() => never);
  const { client, lines, metrics } = await startStreams(handler);
  const caller = new AbortController();
  const messages = client.stream(none, callContext({ signal: caller.signal }));
  await messages.next();
  await messages.next();
  caller.abort();
  await expect(messages.next()).rejects.toMatchObject({ code: status.CANCELLED });
  await vi.waitFor(() => {
    expect(lines).toMatchObject([{ rpc_status_code: 'CANCELLED', messages: 2 }]);
  });
  expect(await sampleOf(metrics.rpcServerActive)).toBe(0);
});

test('a server that closes ends its streams as UNAVAILABLE', async () => {
  const { handler } = waiting(() => never);
  const { client, server, lines } = await startStreams(handler);
  const messages = client.stream(none, callContext());
  await messages.next();
  await messages.next();
  const started = performance.now();
  const closed = server.close();
  await expect(messages.next()).rejects.toMatchObject({ code: status.UNAVAILABLE });
  await closed;
  expect(performance.now() - started).toBeLessThan(2000);
  expect(lines).toMatchObject([{ rpc_status_code: 'UNAVAILABLE', messages: 2 }]);
});
