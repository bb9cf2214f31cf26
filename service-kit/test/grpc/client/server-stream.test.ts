import { Client, credentials, status } from '@grpc/grpc-js';
import { atEnd } from '@my-app/test-support/cleanup';
import { createName } from '@my-app/test-support/fake-dns';
import { expect, test, vi } from 'vitest';
import { streamsAt } from '../../../src/grpc/client/server-stream.ts';
import { createMetrics } from '../../../src/runtime/metrics.ts';
import { requestsShed } from '../../../src/runtime/overload.ts';
import { callContext } from '../../support/call-context.ts';
import {
  count,
  readAll,
  serveStreams,
  startStreams,
  streamClient,
  streamService,
  untilAborted,
  waiting,
} from '../../support/stream.ts';

const none = Buffer.of();

test('a caller that has left opens no stream', async () => {
  const { client, lines } = await startStreams(() => count(1));
  const messages = client.stream(none, callContext({ signal: AbortSignal.abort() }));
  await expect(messages.next()).rejects.toMatchObject({ code: status.CANCELLED });
  expect(await client.echo(none, callContext())).toEqual(none); // which comes later
  expect(lines).toMatchObject([{ rpc_method: 'test.v1.EchoService/Echo' }]);
});

test('a caller that leaves during a trial of the circuit breaker ends the stream after its first message', async () => {
  const { handler, ended } = waiting(untilAborted);
  const { address } = await serveStreams(handler);
  const client = new Client(address, credentials.createInsecure());
  atEnd(() => client.close());
  const open = streamsAt(client, streamService.stream, { metrics: createMetrics() });
  const deadline = performance.now() + 5000;
  const trial = { deadline, previous: 0, signal: new AbortController().signal };
  const { first, next } = await open(none, callContext({ signal: AbortSignal.abort() }), trial);
  expect(first).toEqual(Buffer.of(0));
  await expect(next()).rejects.toMatchObject({ code: status.CANCELLED });
  expect((await ended).signal.aborted).toBe(true);
});

test('a client gives a stream up that sends nothing for a minute', async () => {
  const { handler } = waiting(untilAborted);
  const { client } = await startStreams(handler);
  const messages = client.stream(none, callContext({ deadline: Number.POSITIVE_INFINITY }));
  await messages.next();
  await messages.next();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  atEnd(() => void vi.useRealTimers());
  let settled = false;
  const third = messages.next().finally(() => {
    settled = true;
  });
  third.catch(() => {});
  await vi.advanceTimersByTimeAsync(59_000);
  expect(settled).toBe(false);
  await vi.advanceTimersByTimeAsync(1000);
  await expect(third).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
});

test('a message that cannot be read ends the stream, and the handler', async () => {
  const { handler, ended } = waiting(untilAborted);
  const { address } = await serveStreams(handler);
  const responseDeserialize = (bytes: Buffer): Buffer => {
    if (bytes.equals(Buffer.of(1))) throw new Error('invalid');
    return bytes;
  };
  const { client } = streamClient(address, { responseDeserialize });
  const { read, error } = await readAll(client.stream(none, callContext()));
  expect(read).toHaveLength(1);
  expect(error).toMatchObject({ code: status.INTERNAL });
  expect((await ended).signal.aborted).toBe(true);
});

test('a client has up to 128 streams of a peer, which keep no call out', async () => {
  const { handler } = waiting(untilAborted);
  const { client } = await startStreams(handler);
  const open = Array.from({ length: 128 }, () => client.stream(none, callContext()));
  await Promise.all(open.map((messages) => messages.next()));
  expect(await client.echo(Buffer.of(1), callContext())).toEqual(Buffer.of(1));
  const beyond = () => client.stream(none, callContext()).next();
  const before = requestsShed();
  await expect(beyond()).rejects.toMatchObject({ message: 'overloaded', statusCode: 503 });
  expect(requestsShed()).toBe(before + 1);
  await open[0]?.return();
  await expect(beyond()).resolves.toMatchObject({ done: false });
});

test('a deadline that ends streams leaves no address out', async () => {
  const { handler } = waiting(untilAborted);
  const first = await serveStreams(handler);
  const port = Number(first.address.split(':')[1]);
  const second = await serveStreams(handler, { host: '127.0.0.2', port });
  const { client } = streamClient(`${createName('127.0.0.1', '127.0.0.2').host}:${port}`);
  const streams = Array.from({ length: 10 }, () =>
    readAll(client.stream(none, callContext({ deadline: performance.now() + 700 }))),
  );
  for (const { read } of await Promise.all(streams)) expect(read).toHaveLength(2);
  for (let n = 0; n < 10; n++) await client.echo(none, callContext());
  const echoes = async ({ metrics }: typeof first) => {
    const { values } = await metrics.rpcServerDuration.get();
    const isEcho = ({ metricName, labels }: (typeof values)[0]) =>
      metricName?.endsWith('_count') && labels.rpc_method === 'test.v1.EchoService/Echo';
    return values.filter(isEcho).reduce((sum, { value }) => sum + value, 0);
  };
  expect([await echoes(first), await echoes(second)]).toEqual([5, 5]);
});
