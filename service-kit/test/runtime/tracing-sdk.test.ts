import { startOtlpReceiver } from '@my-app/test-support/otlp-receiver';
import { type Context, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
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
    ['01', '0', 1],
    ['00', '1', 0],
  ])('a caller who decided %s is followed, whatever the ratio', async (flags, ratio, spans) => {
    expect(await kept({ OTEL_TRACES_SAMPLER_ARG: ratio }, decided(flags))).toBe(spans);
  });

  test('a ratio of 0 keeps no new trace', async () => {
    expect(await kept({ OTEL_TRACES_SAMPLER_ARG: '0' }, ROOT_CONTEXT)).toBe(0);
  });

  test.each([
    ['always_off', '01', 0],
    ['always_on', '00', 1],
    ['parentbased_always_off', '01', 1],
    ['parentbased_always_on', '00', 0],
  ])('%s of a trace with %s keeps %i', async (sampler, flags, spans) => {
    expect(await kept({ OTEL_TRACES_SAMPLER: sampler }, decided(flags))).toBe(spans);
  });

  test('the endpoint, headers and compression of traces come before those of every signal', async () => {
    const receiver = await startOtlpReceiver();
    const flush = await start('http://127.0.0.1:1', {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.endpoint}/v1/traces`,
      OTEL_EXPORTER_OTLP_HEADERS: 'tenant=all,api-key=one',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'api-key=two',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'none',
    });
    startSpan('GET /', SpanKind.SERVER, {}, ROOT_CONTEXT).span.end();
    await flush();
    expect(receiver.spans).toHaveLength(1);
    expect(receiver.headers[0]).toMatchObject({ tenant: 'all', 'api-key': 'two' });
  });

  test('batches have the size and the delay of OTEL_BSP_*', async () => {
    const receiver = await startOtlpReceiver();
    const flush = await start(receiver.endpoint, {
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '2',
      OTEL_BSP_SCHEDULE_DELAY: '1',
    });
    for (const _ of Array(4)) startSpan('GET /', SpanKind.SERVER, {}, ROOT_CONTEXT).span.end();
    expect(await receiver.received(4)).toHaveLength(4); // long before the default of 5 s
    expect(receiver.headers).toHaveLength(2);
    await flush();
  });

  test.each([{ OTEL_SDK_DISABLED: 'TRUE' }, { OTEL_TRACES_EXPORTER: 'none' }])(
    'nothing is recorded with %j',
    async (env) => {
      expect(await kept(env, ROOT_CONTEXT)).toBe(0);
      expect(startSpan('GET /', SpanKind.SERVER, {}, ROOT_CONTEXT).span.isRecording()).toBe(false);
    },
  );

  test('spans that do not reach it are counted, and the log says why', async () => {
    const { logger, lines } = captureLogs();
    const metrics = createMetrics();
    const nobody = 'http://127.0.0.1:1';
    const flush = await start(nobody, {}, { logger, metrics });
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

test('an exporter that is set without an endpoint sends to the default of OpenTelemetry', async () => {
  const flush = await startTestTracing({ OTEL_TRACES_EXPORTER: 'otlp' });
  const { span } = startSpan('GET /', SpanKind.SERVER, {}, ROOT_CONTEXT);
  expect(span.isRecording()).toBe(true);
  await flush();
});

/** The context of a caller who keeps the trace (01) or does not (00). */
function decided(flags: string): Context {
  const traceparent = `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}`;
  return extractContext(
    { traceparent },
    { keys: () => ['traceparent'], get: (carrier) => carrier.traceparent },
  );
}

/** How many of one span arrive. */
async function kept(env: Record<string, string>, parent: Context): Promise<number> {
  const receiver = await startOtlpReceiver();
  const flush = await start(receiver.endpoint, env);
  startSpan('GET /', SpanKind.SERVER, {}, parent).span.end();
  await flush();
  return receiver.spans.length;
}

function start(
  endpoint: string,
  env: Record<string, string> = {},
  options: Partial<TracingOptions> = {},
): Promise<() => Promise<void>> {
  const all = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...env };
  // The exporter reads its variables from there.
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
  return startTestTracing(all, options);
}
