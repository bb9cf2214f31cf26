import { startOtlpReceiver } from '@my-app/test-support/otlp-receiver';
import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { extractContext, failSpan, startSpan } from '../../src/runtime/tracing.ts';
import type { TracingOptions } from '../../src/runtime/tracing-sdk.ts';
import { captureLogs } from '../support/logs.ts';
import { startTestTracing } from '../support/tracing.ts';

afterEach(() => {
  trace.disable();
  vi.unstubAllEnvs();
});

describe('with an endpoint', () => {
  test('spans arrive there when flushed, with what is said of the service', async () => {
    const receiver = await startOtlpReceiver();
    const flush = await start(receiver.endpoint);
    const parent = startSpan('GET /', SpanKind.SERVER, { 'http.route': '/' }, ROOT_CONTEXT);
    const child = startSpan('Greet', SpanKind.CLIENT, {}, parent.context);
    failSpan(child.span, 'UNAVAILABLE');
    child.span.end();
    parent.span.end();
    await flush();

    const [call, request] = receiver.spans;
    expect(request).toMatchObject({
      service: 'a',
      name: 'GET /',
      kind: 'SERVER',
      parentSpanId: '',
      attributes: { 'http.route': '/' },
      status: 'UNSET',
    });
    expect(call).toMatchObject({
      kind: 'CLIENT',
      traceId: request?.traceId,
      parentSpanId: request?.spanId,
      attributes: { 'error.type': 'UNAVAILABLE' },
      status: 'ERROR',
    });
  });

  test.each([
    ['01', 0, 1],
    ['00', 1, 0],
  ])('a caller who decided %s is followed, whatever the ratio', async (flags, ratio, spans) => {
    const receiver = await startOtlpReceiver();
    const flush = await start(receiver.endpoint, { ratio });
    const traceparent = `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}`;
    const parent = extractContext(
      { traceparent },
      { keys: () => ['traceparent'], get: (carrier) => carrier.traceparent },
    );
    startSpan('GET /', SpanKind.SERVER, {}, parent).span.end();
    await flush();
    expect(receiver.spans).toHaveLength(spans);
  });

  test('a ratio of 0 keeps no new trace', async () => {
    const receiver = await startOtlpReceiver();
    const flush = await start(receiver.endpoint, { ratio: 0 });
    startSpan('GET /', SpanKind.SERVER, {}, ROOT_CONTEXT).span.end();
    await flush();
    expect(receiver.spans).toEqual([]);
  });

  test('spans that do not reach it are counted, and the log says why', async () => {
    const { logger, lines } = captureLogs();
    const metrics = createMetrics();
    const nobody = 'http://127.0.0.1:1';
    const flush = await start(nobody, { logger, metrics });
    for (let count = 0; count < 5000; count++) {
      startSpan('GET /', SpanKind.SERVER, {}, ROOT_CONTEXT).span.end();
    }
    await flush().catch(() => {});
    await vi.waitFor(async () => {
      const { values } = await metrics.spansDropped.get();
      expect(values.reduce((sum, { value }) => sum + value, 0)).toBe(5000);
      expect(values.map(({ labels }) => labels.error_type)).toContain('queue_full');
    }, 15_000);
    expect(lines.filter(({ msg }) => msg === 'OpenTelemetry').length).toBeOneOf([1, 2, 3]);
    expect(JSON.stringify(lines)).toContain('ECONNREFUSED');
  });
});

function start(
  endpoint: string,
  options: Partial<TracingOptions> = {},
): Promise<() => Promise<void>> {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint); // the exporter reads it from there
  return startTestTracing({ endpoint, ...options });
}
