import { once } from 'node:events';
import { status } from '@grpc/grpc-js';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Call } from '../../../src/grpc/server/inbound-call.ts';
import { StatusError } from '../../../src/grpc/status-error.ts';
import { InvalidArgument } from '../../../src/runtime/invalid-argument.ts';
import { injectHeaders } from '../../../src/runtime/tracing.ts';
import { sampleOf } from '../../support/metrics.ts';
import { startTestTracing } from '../../support/tracing.ts';
import { callUnary } from '../../support/unary-call.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

beforeAll(async () => {
  await startTestTracing();
});

describe('an answer', () => {
  test('is what the handler returns, synchronously or not', async () => {
    expect(await callUnary(() => 'now')).toMatchObject({ error: null, response: 'now' });
    expect(await callUnary(async () => 'later')).toMatchObject({ error: null, response: 'later' });
  });

  test('is one line in the log and one in the metrics, without the request', async () => {
    const setting = { metadata: { 'x-request-id': 'abc' } };
    const { lines, metrics, counts } = await callUnary(() => 'now', setting);
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
      const { error, lines, counts } = await callUnary(
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
    const { error, lines } = await callUnary(async () => {
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
  const { error, lines, counts, handler } = await callUnary(() => 'now', { requests: 0 });
  expect(error).toMatchObject({ code: status.UNAVAILABLE, details: 'overloaded' });
  expect(handler).toBeUndefined();
  expect(lines).toMatchObject([{ msg: 'call', rpc_status_code: 'UNAVAILABLE' }]);
  expect(counts).toEqual([['UNAVAILABLE', 1]]);
});

describe('the context of the handler', () => {
  test("the caller's request id, or a new one", async () => {
    const { handler } = await callUnary(() => 'now', { metadata: { 'x-request-id': 'abc' } });
    expect(handler.requestId).toBe('abc');
    expect((await callUnary(() => 'now')).handler.requestId).toMatch(/^[\da-f-]{36}$/);
  });

  test('a log and a trace context that continue the trace', async () => {
    const { handler, lines } = await callUnary((_request, { log }) => log.info('inside'), {
      metadata: { traceparent },
    });
    expect(lines[0]).toMatchObject({ msg: 'inside', trace_id: traceId });
    expect(injectHeaders(handler.trace, {})).toEqual({ traceparent });
  });

  test('a signal that aborts when the caller cancels', async () => {
    const { error, lines, counts } = await callUnary(
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
    const { lines } = await callUnary(step, { cancel, deadline: Date.now() + leftMs });
    expect(lines.at(-1)).toMatchObject({ rpc_status_code: expected });
  });

  test.each([
    [100, 94, 'CANCELLED'],
    [100, 96, 'DEADLINE_EXCEEDED'],
    [10_000, 9850, 'CANCELLED'],
    [10_000, 9950, 'DEADLINE_EXCEEDED'],
  ])('of %i ms, after %i of which its client resets the call: %s', async (allowed, ms, code) => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const wait = async (_request: unknown, { signal }: Call) => {
      vi.advanceTimersByTime(ms);
      if (!signal.aborted) await once(signal, 'abort');
    };
    const { lines } = await callUnary(wait, { cancel: 'later', deadline: Date.now() + allowed });
    expect(lines.at(-1)).toMatchObject({ rpc_status_code: code });
  });

  test('one signal, which does not abort when the call has ended, which grpc-js calls cancelled', async () => {
    const { response, handler, end } = await callUnary((_request, { signal }) => signal);
    end();
    expect(response).toMatchObject({ aborted: false });
    expect(handler.signal).toBe(response);
  });

  test('an aborted signal if the caller canceled before', async () => {
    const isAborted = (_request: string, { signal }: Call) => signal.aborted;
    const { response, lines } = await callUnary(isAborted, { cancel: 'before' });
    expect(response).toBe(true);
    expect(lines.at(-1)).toMatchObject({ rpc_status_code: 'CANCELLED' });
  });
});
