import { startOtlpReceiver } from '@my-app/test-support/otlp-receiver';
import { INVALID_SPAN_CONTEXT, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { expect, test } from 'vitest';
import { buildInfo } from '../../src/runtime/build-info.ts';
import { expose } from '../../src/runtime/exposition.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { addProcessMetrics } from '../../src/runtime/process-metrics.ts';
import { exemplarOf, startSpan } from '../../src/runtime/tracing.ts';
import { startTestTracing } from '../support/tracing.ts';

const openMetrics = 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5';

test('OpenMetrics carries the trace of a sampled request, and later requests without one keep it', async () => {
  const { endpoint } = await startOtlpReceiver();
  await startTestTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  const { registry, rpcServerDuration } = createMetrics();
  const { span } = startSpan('call', SpanKind.SERVER, {}, ROOT_CONTEXT);
  const labels = { rpc_method: 'greet', rpc_status_code: 'OK' };
  rpcServerDuration.observe({ labels, value: 0.003, exemplarLabels: exemplarOf(span) });
  rpcServerDuration.observe({ labels, value: 0.003, exemplarLabels: {} });

  const { contentType, body } = await expose(registry, openMetrics);
  const { traceId } = span.spanContext();
  expect(contentType).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
  expect(body).toMatch(new RegExp(`le="0.005".* 2 # \\{trace_id="${traceId}",span_id=.* 0\\.003 `));
  expect(body).toMatch(/# EOF\n$/);
  expect((await expose(registry)).body).not.toContain(traceId);
});

test.each([
  ['application/openmetrics-text', 'application/openmetrics-text'],
  ['Application/OpenMetrics-Text; version=1.0.0', 'application/openmetrics-text'],
  ['text/plain;q=0.5, application/openmetrics-text;q=0.6', 'application/openmetrics-text'],
  ['application/openmetrics-text;q=0', 'text/plain'],
  ['application/openmetrics-text;q=0.1, text/plain;q=0.9', 'text/plain'],
  ['*/*', 'text/plain'],
  ['application/openmetrics-text;q=0.5, */*;q=0.8', 'text/plain'],
  ['application/openmetrics-text;q=0.5, text/*;q=0.8', 'text/plain'],
  ['application/openmetrics-text;q=0.5, text/plain;q=0.4, */*', 'application/openmetrics-text'],
  ['application/openmetrics-text;q=0.5, */*;q=0.2', 'application/openmetrics-text'],
  ['application/openmetrics-text;q=x', 'text/plain'],
  ['nonsense, application/openmetrics-text', 'application/openmetrics-text'],
])('Accept: %s gets %s', async (accept, type) => {
  const { contentType } = await expose(createMetrics().registry, accept);
  expect(contentType).toMatch(new RegExp(`^${type};`));
});

test('a trace that is not sampled is not an exemplar', async () => {
  const { endpoint } = await startOtlpReceiver();
  await startTestTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  expect(exemplarOf(trace.wrapSpanContext(INVALID_SPAN_CONTEXT))).toEqual({});
});

test("a scrape of OpenMetrics leaves the counters' names as they were", async () => {
  const { registry, rpcClientRetries } = createMetrics();
  rpcClientRetries.inc({ rpc_method: 'greet' });
  const line = 'rpc_client_retries_total{rpc_method="greet"} 1';
  for (const accept of [openMetrics, '', openMetrics, '']) {
    expect((await expose(registry, accept)).body).toContain(line);
  }
});

test('the process exports its build and the utilization of its event loop', async () => {
  const { registry } = createMetrics();
  addProcessMetrics(registry, buildInfo('service-a', '1.2.3', 'abc'));
  const { body } = await expose(registry);
  expect(body).toContain('build_info{service="service-a",version="1.2.3",revision="abc"} 1');
  expect(body).toMatch(/^target_info\{service_name="service-a",.*service_version="1\.2\.3"/m);
  const active = /eventloop_time_seconds_total\{nodejs_eventloop_state="active"\} (.+)/.exec(body);
  expect(Number(active?.[1])).toBeGreaterThan(0);
});
