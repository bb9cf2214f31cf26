import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { expect, test, vi } from 'vitest';
import { callContext } from '../support/call-context.ts';
import { countsOf } from '../support/metrics.ts';
import {
  callStream,
  count,
  readAll,
  startStreams,
  untilAborted,
  waiting,
} from '../support/stream.ts';

const none = Buffer.of();

test('a stream whose time is over is no warning on stderr', async () => {
  const warned = vi.spyOn(process, 'emitWarning');
  const { address, client } = await startStreams(() => count(1));
  await callStream(address, { 'grpc-timeout': '0n' });
  const late = {
    ...callContext({ deadline: performance.now() + 5 }),
    get requestId() {
      while (performance.now() < this.deadline);
      return 'late'; // read while the attempt begins
    },
  };
  const { error } = await readAll(client.stream(none, late));
  expect(error).toMatchObject({ code: status.DEADLINE_EXCEEDED });
  expect(warned).not.toHaveBeenCalled();
});

test.for([
  ['120S', 119_000],
  ['99999999H', 24 * 24 * 3_600_000],
] as const)('a stream whose client allows %s has that much time', async ([timeout, least]) => {
  let leftMs = 0;
  const { address } = await startStreams(async function* (_request, { deadline }) {
    leftMs = deadline - performance.now();
    await sleep(10); // a deadline that is over ends the stream meanwhile
    yield none;
  });
  expect(await callStream(address, { 'grpc-timeout': timeout })).toBe(status.OK);
  expect(leftMs).toBeGreaterThan(least);
});

test("a caller's deadline ends the stream on both sides", async () => {
  const { handler, ended } = waiting(untilAborted);
  const { client, lines } = await startStreams(handler);
  const deadline = performance.now() + 700;
  const { read, error } = await readAll(client.stream(none, callContext({ deadline })));
  expect(read).toHaveLength(2);
  expect(error).toMatchObject({ code: status.DEADLINE_EXCEEDED, statusCode: 504 });
  expect((await ended).deadline).toBeLessThan(deadline + 50);
  await vi.waitFor(() => expect(lines).toHaveLength(1)); // CANCELLED if the client was first
  expect(lines[0]?.rpc_status_code).toMatch(/^(DEADLINE_EXCEEDED|CANCELLED)$/);
});

test('a server ends a stream at the deadline that its client has sent', async () => {
  const { handler, ended } = waiting(untilAborted);
  const { address, lines } = await startStreams(handler);
  expect(await callStream(address, { 'grpc-timeout': '700m' })).toBe(status.DEADLINE_EXCEEDED);
  expect((await ended).signal.aborted).toBe(true);
  expect(lines).toMatchObject([{ rpc_status_code: 'DEADLINE_EXCEEDED', messages: 2 }]);
});

test('a stream without a deadline has none, beyond that of a unary call', async () => {
  const { handler, ended } = waiting(async () => {});
  const { client } = await startStreams(handler);
  await readAll(client.stream(none, callContext({ deadline: Number.POSITIVE_INFINITY })));
  expect((await ended).deadline).toBe(Number.POSITIVE_INFINITY);
});

test('the first message has the deadline of a call', async () => {
  const { client, clientMetrics } = await startStreams(async function* () {
    yield await new Promise<never>(() => {});
  });
  const started = performance.now();
  const { error } = await readAll(client.stream(none, callContext()));
  expect(error).toMatchObject({ code: status.DEADLINE_EXCEEDED });
  expect(performance.now() - started).toBeLessThan(4000);
  expect(await countsOf(clientMetrics.rpcClientDuration)).toMatchObject([
    { labels: { rpc_status_code: 'DEADLINE_EXCEEDED' } },
  ]);
});
