import { constants, createServer, type ServerHttp2Stream } from 'node:http2';
import { GreetingServiceService } from '@my-app/proto/greeting/v1/greeting';
import { atEnd } from '@my-app/test-support/cleanup';
import { listen } from '@my-app/test-support/listen';
import { freePorts } from '@my-app/test-support/ports';
import { expect, test } from 'vitest';
import { createMetrics } from '../../../src/runtime/metrics.ts';
import { callContext } from '../../support/call-context.ts';
import { grpcClient } from '../../support/clients.ts';
import { streamService } from '../../support/stream.ts';

/** What the server does with a call; `n` counts from 1. */
type Behavior = (stream: ServerHttp2Stream, n: number) => void;

/** A gRPC server that counts the calls whose handler ran. */
async function startCounting(behavior: Behavior) {
  const seen = { calls: 0, address: '' };
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {});
    stream.resume();
    behavior(stream, ++seen.calls);
  });
  server.on('session', (session) => {
    session.on('error', () => {});
    atEnd(() => session.destroy());
  });
  seen.address = new URL(await listen(server)).host;
  atEnd(() => server.close());
  return seen;
}

const head = { ':status': 200, 'content-type': 'application/grpc' };

const fail = (stream: ServerHttp2Stream, code: number): void =>
  stream.respond({ ...head, 'grpc-status': code }, { endStream: true });

/** An empty message. */
function answer(stream: ServerHttp2Stream): void {
  if (stream.destroyed) return;
  stream.respond(head, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 0 }));
  stream.end(Buffer.alloc(5));
}

const behaviors: Record<string, Behavior> = {
  'slower than an attempt': (stream) => setTimeout(() => answer(stream), 600),
  UNAVAILABLE: (stream, n) => (n < 3 ? fail(stream, 14) : answer(stream)),
  INTERNAL: (stream, n) => (n < 3 ? fail(stream, 13) : answer(stream)),
  'a connection that is lost': (stream, n) => (n < 3 ? stream.session?.destroy() : answer(stream)),
  'a refused stream': (stream, n) =>
    n === 1 ? stream.close(constants.NGHTTP2_REFUSED_STREAM) : answer(stream),
};

/** Calls a method that is safe to repeat, and one that is not. */
function start(address: string) {
  const metrics = createMetrics();
  const options = { deadlineMs: 2000, attemptTimeoutMs: 200, metrics };
  const safe = grpcClient(GreetingServiceService, address, options);
  const unsafe = grpcClient(streamService, address, options);
  return {
    safe: () => safe.greet({}, callContext()),
    unsafe: () => unsafe.echo(Buffer.alloc(0), callContext()),
    greetEach: () => safe.greetEach({ names: [] }, callContext()),
    stream: () => unsafe.stream(Buffer.alloc(0), callContext()),
    retries: async () => (await metrics.rpcClientRetries.get()).values,
  };
}

const run = async (call: () => Promise<unknown>): Promise<string> =>
  call().then(
    () => 'answered',
    (error) => error.message,
  );

test.for([
  ['slower than an attempt', 1, 'answered'],
  ['UNAVAILABLE', 1, 'upstream is unavailable'],
  ['INTERNAL', 1, 'upstream answered INTERNAL'],
  ['a connection that is lost', 1, 'upstream is unavailable'],
  ['a refused stream', 2, 'answered'],
] as const)(
  'a write is repeated only if it was not processed: %s',
  async ([what, calls, result]) => {
    const server = await startCounting(behaviors[what] as Behavior);
    expect(await run(start(server.address).unsafe)).toBe(result);
    expect(server.calls).toBe(calls);
  },
);

test.for([
  ['slower than an attempt', 3],
  ['UNAVAILABLE', 3],
  ['INTERNAL', 3],
  ['a connection that is lost', 3],
  ['a refused stream', 2],
] as const)('a method without side effects is repeated: %s', async ([what, calls]) => {
  const server = await startCounting(behaviors[what] as Behavior);
  expect(await run(start(server.address).safe)).toBe('answered');
  expect(server.calls).toBe(calls);
});

test.for(['safe', 'unsafe'] as const)(
  'a call that a draining connection did not process is retried: %s',
  async (kind) => {
    const server = await startCounting((stream, n) =>
      n === 2 ? stream.session?.goaway(0, 1) : answer(stream),
    );
    const client = start(server.address);
    expect([await run(client[kind]), await run(client[kind])]).toEqual(['answered', 'answered']);
    // On a slow machine an attempt may time out, and a safe call is repeated once more.
    if (kind === 'unsafe') expect(server.calls).toBe(3);
    expect(server.calls).toBeGreaterThanOrEqual(3);
  },
);

test.for(['safe', 'unsafe'] as const)(
  'a connection that cannot be established is retried: %s',
  async (kind) => {
    const [port] = await freePorts(1);
    const client = start(`127.0.0.1:${port}`);
    expect(await run(client[kind])).toBe('upstream is unavailable');
    const retried = (await client.retries()).reduce((sum, { value }) => sum + value, 0);
    expect(retried).toBe(2);
  },
);

/** A message, and then the status. */
function failLater(stream: ServerHttp2Stream): void {
  stream.respond(head, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 14 }));
  stream.end(Buffer.alloc(5));
}

test.for([
  ['UNAVAILABLE before a message', true, 3, 'answered'],
  ['UNAVAILABLE before a message', false, 1, 'upstream is unavailable'],
  ['UNAVAILABLE after a message', true, 1, 'upstream is unavailable'],
] as const)(
  'a stream that is safe to repeat is so until its first message: %s, %s',
  async (row) => {
    const [when, isSafe, calls, result] = row;
    const server = await startCounting((stream, n) => {
      if (when === 'UNAVAILABLE after a message') failLater(stream);
      else if (n < 3) fail(stream, 14);
      else answer(stream);
    });
    const { greetEach, stream } = start(server.address);
    const read = () => (isSafe ? Array.fromAsync(greetEach()) : Array.fromAsync(stream()));
    expect(await run(read)).toBe(result);
    expect(server.calls).toBe(calls);
  },
);
