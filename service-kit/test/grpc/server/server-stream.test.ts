import { EventEmitter, getEventListeners, once } from 'node:events';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { atEnd } from '@my-app/test-support/cleanup';
import { expect, test, vi } from 'vitest';
import { type StreamHandler, streamHandler } from '../../../src/grpc/server/server-stream.ts';
import { StatusError } from '../../../src/grpc/status-error.ts';
import { Admission } from '../../../src/runtime/admission.ts';
import { createMetrics } from '../../../src/runtime/metrics.ts';
import { captureLogs } from '../../support/logs.ts';
import { streamService } from '../../support/stream.ts';

const never = new Promise<never>(() => {});
const message = Buffer.of(1);

/** A call of grpc-js whose messages are taken at once, or never. */
class FakeCall extends EventEmitter {
  readonly request = Buffer.of();
  readonly metadata = new Metadata();
  cancelled = false;
  sent = 0;
  readonly #reads: boolean;

  constructor(reads = true) {
    super();
    this.#reads = reads;
  }

  getDeadline = () => Number.POSITIVE_INFINITY;
  end = () => {};

  write(_message: Buffer, done: () => void): void {
    this.sent += 1;
    if (this.#reads) done();
  }

  cancel(): void {
    this.cancelled = true;
    this.emit('cancelled');
  }
}

/** Hands a call to a handler, as grpc-js does, without a network. */
function start(
  handler: StreamHandler<Buffer, Buffer>,
  { call = new FakeCall(), requests = 1 } = {},
) {
  const { logger, lines } = captureLogs();
  const shutdown = new AbortController();
  const handle = streamHandler(streamService.stream, handler, {
    logger,
    metrics: createMetrics(),
    admission: new Admission({ requests }),
    shutdown: shutdown.signal,
  });
  const error = once(call, 'error').catch(([reason]: unknown[]) => [reason]) as Promise<
    [ServiceError]
  >;
  return { call, lines, shutdown, error, run: () => void handle(call as never) };
}

test('a handler that sends nothing for a minute is told so, and its client', async () => {
  vi.useFakeTimers();
  atEnd(() => void vi.useRealTimers());
  let signal: AbortSignal | undefined;
  const { run, call, error, lines, shutdown } = start(async function* (_request, context) {
    signal = context.signal;
    for (let n = 0; n < 2; n++) {
      await new Promise((resolve) => setTimeout(resolve, 50_000));
      yield message;
    }
    yield await never;
  });
  run();
  await vi.advanceTimersByTimeAsync(159_000);
  expect(call.sent).toBe(2);
  expect(signal?.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(1000);
  expect(signal?.aborted).toBe(true);
  expect(await error).toMatchObject([{ code: status.DEADLINE_EXCEEDED }]);
  expect(lines).toMatchObject([{ msg: 'call', rpc_status_code: 'DEADLINE_EXCEEDED', messages: 2 }]);
  expect(getEventListeners(shutdown.signal, 'abort')).toEqual([]); // it lives longer than streams
});

test('a stream beyond the requests in flight is refused, and its handler does not run', async () => {
  const handler = vi.fn();
  const { run, error, lines } = start(handler, { requests: 0 });
  run();
  expect(await error).toMatchObject([{ code: status.UNAVAILABLE, details: 'overloaded' }]);
  expect(handler).not.toHaveBeenCalled();
  expect(lines).toMatchObject([{ msg: 'call', rpc_status_code: 'UNAVAILABLE' }]);
});

test('a stream that arrives while the server closes is refused, and its handler does not run', async () => {
  const handler = vi.fn();
  const { run, error, shutdown } = start(handler);
  shutdown.abort(new StatusError(status.UNAVAILABLE, 'the server is shutting down'));
  run();
  expect(await error).toMatchObject([{ code: status.UNAVAILABLE }]);
  expect(handler).not.toHaveBeenCalled();
});

test.for([
  ['while a message waits for it', false],
  ['while the handler waits, which sends one more', true],
] as const)('a client that leaves %s ends the handler', async ([, reads]) => {
  const left = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const call = new FakeCall(reads);
  const { run, lines } = start(
    async function* () {
      try {
        yield message;
        await left.promise;
        yield message;
        throw new Error('the handler went on');
      } finally {
        ended.resolve();
      }
    },
    { call },
  );
  run();
  await vi.waitFor(() => expect(call.sent).toBe(1));
  call.cancel();
  left.resolve();
  await ended.promise;
  expect(call.sent).toBe(1);
  expect(lines).toMatchObject([{ msg: 'call', rpc_status_code: 'CANCELLED' }]);
});
