import { once } from 'node:events';
import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Call } from '../../../src/grpc/server/inbound-call.ts';
import { type UnaryHandler, unaryHandler } from '../../../src/grpc/server/unary.ts';
import { StatusError } from '../../../src/grpc/status-error.ts';
import { Admission } from '../../../src/runtime/admission.ts';
import { InvalidArgument } from '../../../src/runtime/invalid-argument.ts';
import { createMetrics } from '../../../src/runtime/metrics.ts';
import { injectHeaders } from '../../../src/runtime/tracing.ts';
import { captureLogs } from '../../support/logs.ts';
import { countsOf, sampleOf } from '../../support/metrics.ts';
import { startTestTracing } from '../../support/tracing.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

beforeAll(async () => {
  await startTestTracing();
});

describe('an answer', () => {
  test('is what the handler returns, synchronously or not', async () => {
    expect(await call(() => 'now')).toMatchObject({ error: null, response: 'now' });
    expect(await call(async () => 'later')).toMatchObject({ error: null, response: 'later' });
  });

  test('is one line in the log and one in the metrics, without the request', async () => {
    const setting = { metadata: { 'x-request-id': 'abc' } };
    const { lines, metrics, counts } = await call(() => 'now', setting);
    expect(lines).toEqual([
      expect.objectContaining({
        msg: 'call',
        request_id: 'abc',
        rpc_method: 'test.v1.Service/Call',
        rpc_status_code: 'OK',
        duration_ms: expect.any(Number),
      }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('ada');
    expect(counts).toEqual([['OK', 1]]);
    expect(await sampleOf(metrics.rpcServerActive)).toBe(0);
  });
});

describe('an error', () => {
  test.each([
    ['INVALID_ARGUMENT', new InvalidArgument([{ field: 'name', description: 'is bad' }])],
    ['NOT_FOUND', new StatusError(status.NOT_FOUND, 'there is none')],
    ['UNAVAILABLE', new StatusError(status.UNAVAILABLE, 'not now')],
  ] as const)(
    '%s reaches the caller and the metrics, with the request id',
    async (name, thrown) => {
      const { error, lines, counts } = await call(
        () => {
          throw thrown;
        },
        { metadata: { 'x-request-id': 'abc' } },
      );
      expect(error).toMatchObject({ code: status[name], details: thrown.message });
      expect(error?.metadata?.get('x-request-id')).toEqual(['abc']);
      expect(lines).toMatchObject([{ msg: 'call', rpc_status_code: name }]);
      expect(counts).toEqual([[name, 1]]);
    },
  );

  test('that is unexpected is logged and not sent', async () => {
    const { error, lines } = await call(async () => {
      throw new Error('the password is 1234');
    });
    expect(error).toMatchObject({ code: status.INTERNAL, details: 'internal error' });
    expect(lines).toMatchObject([
      { msg: 'unexpected error', err: { message: 'the password is 1234' } },
      { msg: 'call', rpc_status_code: 'INTERNAL' },
    ]);
  });
});

test('a rejected call is UNAVAILABLE, its handler does not run, and it is logged and counted', async () => {
  const { error, lines, counts, handler } = await call(() => 'now', { requests: 0 });
  expect(error).toMatchObject({ code: status.UNAVAILABLE, details: 'overloaded' });
  expect(handler).toBeUndefined();
  expect(lines).toMatchObject([{ msg: 'call', rpc_status_code: 'UNAVAILABLE' }]);
  expect(counts).toEqual([['UNAVAILABLE', 1]]);
});

describe('the context of the handler', () => {
  test("the caller's request id, or a new one", async () => {
    const { handler } = await call(() => 'now', { metadata: { 'x-request-id': 'abc' } });
    expect(handler.requestId).toBe('abc');
    expect((await call(() => 'now')).handler.requestId).toMatch(/^[\da-f-]{36}$/);
  });

  test('a log and a trace context that continue the trace', async () => {
    const { handler, lines } = await call((_request, { log }) => log.info('inside'), {
      metadata: { traceparent },
    });
    expect(lines[0]).toMatchObject({ msg: 'inside', trace_id: traceId });
    expect(injectHeaders(handler.trace, {})).toEqual({ traceparent });
  });

  test('a signal that aborts when the caller cancels', async () => {
    const { error, lines, counts } = await call(
      async (_request, { signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        signal.throwIfAborted();
      },
      { cancel: 'later' },
    );
    expect(error).not.toBeNull();
    expect(lines.at(-1)).toMatchObject({ msg: 'call', rpc_status_code: 'CANCELLED' });
    expect(counts).toEqual([['CANCELLED', 1]]);
  });

  test('a signal that aborts at the deadline, with DEADLINE_EXCEEDED', async () => {
    const { lines, counts } = await call((_request, { signal }) => signal.throwIfAborted(), {
      cancel: 'before',
      deadline: Date.now(),
    });
    expect(lines.at(-1)).toMatchObject({ rpc_status_code: 'DEADLINE_EXCEEDED' });
    expect(counts).toEqual([['DEADLINE_EXCEEDED', 1]]);
  });

  test.each([
    ['forth', 1, 'later', 10_000, 'CANCELLED'],
    ['back', -1, 'before', 0, 'DEADLINE_EXCEEDED'],
  ] as const)('a cause of its end that no clock changes that steps an hour %s', async (...row) => {
    const [, hours, cancel, leftMs, expected] = row;
    const step = async (_request: unknown, { signal }: Call) => {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hours * 3_600_000 });
      onTestFinished(() => void vi.useRealTimers());
      if (!signal.aborted) await once(signal, 'abort');
    };
    const { lines } = await call(step, { cancel, deadline: Date.now() + leftMs });
    expect(lines.at(-1)).toMatchObject({ rpc_status_code: expected });
  });

  test('one signal, which does not abort when the call has ended, which grpc-js calls cancelled', async () => {
    const { response, handler, end } = await call((_request, { signal }) => signal);
    end();
    expect(response).toMatchObject({ aborted: false });
    expect(handler.signal).toBe(response);
  });

  test('an aborted signal if the caller canceled before', async () => {
    const isAborted = (_request: string, { signal }: Call) => signal.aborted;
    const { response, lines } = await call(isAborted, { cancel: 'before' });
    expect(response).toBe(true);
    expect(lines.at(-1)).toMatchObject({ rpc_status_code: 'CANCELLED' });
  });
});

interface Setting {
  metadata?: Record<string, string>;
  cancel?: 'before' | 'later';
  /** A Unix time, in ms. */
  deadline?: number;
  /** How many calls are admitted. */
  requests?: number;
}

/** Calls a handler as grpc-js does, without a network. */
async function call(
  handler: UnaryHandler<string, unknown>,
  { metadata, cancel, deadline = Number.POSITIVE_INFINITY, requests = 10 }: Setting = {},
) {
  const metrics = createMetrics();
  const { logger, lines } = captureLogs();
  const admission = new Admission({ requests });
  const seen = vi.fn(handler);
  const responseSerialize = (text: unknown) => text as Buffer;
  const method = { path: '/test.v1.Service/Call', responseSerialize };
  const handle = unaryHandler(method, seen, { logger, metrics, admission });

  const listeners: (() => void)[] = [];
  const serverCall = {
    request: 'ada',
    metadata: Metadata.fromHttp2Headers(metadata ?? {}),
    cancelled: cancel === 'before',
    getDeadline: () => deadline,
    once: (_event: string, listener: () => void) => listeners.push(listener),
  };
  type Answer = { error: Partial<StatusObject> | null; response: unknown };
  const answered = new Promise<Answer>((resolve) => {
    handle(serverCall as never, (error, response) =>
      resolve({ error: error as Answer['error'], response }),
    );
  });
  const end = (): void => {
    serverCall.cancelled = true;
    for (const listener of listeners) listener();
  };
  if (cancel === 'later') end();
  const answer = await answered;
  await vi.waitFor(() => expect(lines.at(-1)?.msg).toBe('call'));
  const [, given] = seen.mock.calls[0] ?? [];
  const series = await countsOf(metrics.rpcServerDuration);
  const counts = series.map(({ labels, value }) => [labels.rpc_status_code, value]);
  return { ...answer, metrics, counts, lines, handler: given as Call, end };
}
