import { EventEmitter, once } from 'node:events';
import { atEnd } from '@my-app/test-support/cleanup';
import { callRaw, frame, rawGrpc } from '@my-app/test-support/raw-grpc';
import { expect, test, vi } from 'vitest';
import { callContext } from '../../support/call-context.ts';
import { sampleOf } from '../../support/metrics.ts';
import { startStreams, streamService } from '../../support/stream.ts';

const path = { ':path': streamService.stream.path };
const refusedStream = 7;
const never = new Promise<never>(() => {});

/** Opens 256 streams on two connections, the first of which is returned with the number of those that have ended. */
async function openStreams(address: string, initialWindowSize: number) {
  const sessions = [1, 2].map(() => rawGrpc(address, { settings: { initialWindowSize } }));
  const held = { ended: 0 };
  for (const session of sessions) {
    await once(session, 'remoteSettings');
    for (let n = 0; n < 128; n++) {
      void callRaw(session, frame(Buffer.of()), path).then(() => {
        held.ended += 1;
      });
    }
  }
  return held;
}

test('a 257th stream is refused where clients read the others, and calls are not', async () => {
  const { address, client, metrics } = await startStreams(async function* () {
    yield Buffer.of(1);
    await never;
  });
  const held = await openStreams(address, 65_535);
  await vi.waitFor(async () => {
    expect(await sampleOf(metrics.rpcServerActive)).toBe(256);
    expect(await sampleOf(metrics.rpcServerMessages)).toBe(256);
  }, 5000);
  const beyond = await callRaw(rawGrpc(address), frame(Buffer.of()), path);
  expect(beyond.reset).toBe(refusedStream);
  expect(await client.echo(Buffer.of(1), callContext())).toEqual(Buffer.of(1));
  expect(held.ended).toBe(0);
});

test('a stream that is not read makes room for another', async () => {
  const { address, client } = await startStreams(async function* () {
    yield Buffer.of(1);
  });
  const held = await openStreams(address, 0);
  // After 100 ms in which they are not read.
  await vi.waitFor(async () => {
    const { value } = await client.stream(Buffer.of(), callContext()).next();
    expect(value).toEqual(Buffer.of(1));
  }, 5000);
  await vi.waitFor(() => expect(held.ended).toBeGreaterThan(0));
});

test('a stream ends when no message was sent for a minute, and not before', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] });
  atEnd(() => void vi.useRealTimers());
  const steps = new EventEmitter();
  const { address } = await startStreams(async function* () {
    for (;;) {
      yield Buffer.of(1);
      await once(steps, 'message');
    }
  });
  const session = rawGrpc(address);
  await once(session, 'remoteSettings');
  let ended = false;
  void callRaw(session, frame(Buffer.of()), path).then(() => {
    ended = true;
  });
  const roundTrip = () => new Promise((resolve) => session.ping(resolve));
  await vi.waitFor(() => expect(steps.listenerCount('message')).toBe(1));
  for (const [seconds, message, expected] of [
    [50, true, false],
    [50, true, false],
    [50, false, false],
    [12, false, true],
  ] as const) {
    vi.advanceTimersByTime(seconds * 1000);
    for (let n = 0; n < 3; n++) await roundTrip();
    expect(ended).toBe(expected);
    if (!message) continue;
    steps.emit('message');
    await vi.waitFor(() => expect(steps.listenerCount('message')).toBe(1));
  }
});
