import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import {
  extractContext,
  failSpan,
  injectContext,
  injectHeaders,
  logFields,
  startSpan,
} from '../../src/runtime/tracing.ts';
import { startTestTracing } from '../support/tracing.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const traceparent = `00-${traceId}-${parentId}-01`;
const headers = { traceparent, tracestate: 'vendor=1' };

describe('without an SDK', () => {
  let flush: () => Promise<void>;
  beforeAll(async () => {
    flush = await startTestTracing();
  });

  test("the caller's trace context is passed on as it came", () => {
    const { context } = startSpan('GET /', SpanKind.SERVER, {}, extract(headers));
    expect(injectHeaders(context, {})).toEqual(headers);
  });

  test.each(['ff', '11', '05'])(
    'the flags %s are passed on without those of the future',
    (flags) => {
      const { traceparent: sent } = injectHeaders(
        extract({ traceparent: `00-${traceId}-${parentId}-${flags}` }),
        { traceparent: '' },
      );
      expect(sent).toMatch(/-0[13]$/);
    },
  );

  test("it takes the place of what the caller's header says", () => {
    expect(injectHeaders(extract(headers), { traceparent: 'other', accept: '*/*' })).toEqual({
      ...headers,
      accept: '*/*',
    });
  });

  test('the tracestate of another trace is not passed on', () => {
    expect(injectHeaders(extract(headers), { tracestate: 'a=b' })).toEqual(headers);
  });

  test('a log line has its ids', () => {
    expect(logFields('r', extract(headers))).toEqual({
      request_id: 'r',
      trace_id: traceId,
      span_id: parentId,
    });
  });

  test.each([
    ['none', {}],
    ['zeros', { traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01` }],
    ['nonsense', { traceparent: 'a trace' }],
  ])('%s: nothing is passed on, and a log line has no ids', (_what, received) => {
    const { context } = startSpan('GET /', SpanKind.SERVER, {}, extract(received));
    expect(injectHeaders(context, { ...received, tracestate: 'a=b' })).toEqual({});
    expect(logFields('r', context)).toEqual({ request_id: 'r' });
  });

  test('any carrier is accepted', () => {
    const written = new Map<string, string>();
    injectContext(extract(headers), written, { set: (map, key, value) => map.set(key, value) });
    expect(Object.fromEntries(written)).toEqual(headers);
  });

  test('there is nothing to flush', async () => {
    await expect(flush()).resolves.toBeUndefined();
  });
});

test('failSpan marks a span with the error type', () => {
  const { span } = startSpan('GET /', SpanKind.SERVER, {}, ROOT_CONTEXT);
  const setAttribute = vi.spyOn(span, 'setAttribute');
  const setStatus = vi.spyOn(span, 'setStatus');
  failSpan(span, '503');
  expect(setAttribute).toHaveBeenCalledWith('error.type', '503');
  expect(setStatus).toHaveBeenCalledWith({ code: 2 });
});

test('a span is active only where its context is passed', () => {
  startSpan('GET /', SpanKind.SERVER, {}, extract(headers));
  expect(trace.getActiveSpan()).toBeUndefined();
});

function extract(received: Record<string, string>) {
  return extractContext(received, {
    keys: (carrier) => Object.keys(carrier),
    get: (carrier, key) => carrier[key],
  });
}
