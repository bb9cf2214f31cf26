import { send } from '@my-app/test-support/http';
import { type ReceivedSpan, startOtlpReceiver } from '@my-app/test-support/otlp-receiver';
import { type LogLine, type ServiceProcess, spawnService } from '@my-app/test-support/processes';
import { addressOf, patientEnv } from '@my-app/test-support/services';
import { beforeAll, describe, expect, test } from 'vitest';

const greet = 'greeting.v1.GreetingService/Greet';
const callerTrace = '0af7651916cd43dd8448eb211c80319c';
const callerSpan = 'b7ad6b7169203331';

async function startTraced() {
  const { endpoint, spans } = await startOtlpReceiver();
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
  const a = await spawnService('service-a', traced);
  const b = await spawnService('service-b', { ...addressOf(a), ...patientEnv, ...traced });
  return { a, b, spans };
}

/** Stops the services, because the remaining spans are exported on shutdown. */
async function stopAll(...services: ServiceProcess[]): Promise<void> {
  for (const service of services) {
    service.kill('SIGTERM');
    expect((await service.exited).code).toBe(0);
  }
}

describe('with a collector', () => {
  let spans: ReceivedSpan[];
  let logs: Record<'a' | 'b', LogLine[]>;
  const only = (service: string, name: string, traceId?: string): ReceivedSpan => {
    const found = spans.filter(
      (span) =>
        span.service === service && span.name === name && (!traceId || span.traceId === traceId),
    );
    expect(found).toHaveLength(1);
    return found[0] as ReceivedSpan;
  };

  beforeAll(async () => {
    const { a, b, spans: received } = await startTraced();
    const traceparent = (flags: string) => `00-${callerTrace}-${callerSpan}-${flags}`;
    await send(`${b.http}/ping_service_a?name=Ada`, { headers: { 'x-request-id': 'one' } });
    await send(`${b.http}/service_a/greeting?name=Ada`, {
      headers: { traceparent: traceparent('01') },
    });
    await send(`${b.http}/service_a/unsampled`, { headers: { traceparent: traceparent('00') } });
    await stopAll(b);
    await stopAll(a);
    spans = received;
    logs = { a: a.logs, b: b.logs };
  });

  test('a ping is one trace across both services', () => {
    const request = only('service-b', 'GET /ping_service_a');
    const call = only('service-b', greet);
    const handler = only('service-a', greet);
    expect([request.kind, call.kind, handler.kind]).toEqual(['SERVER', 'CLIENT', 'SERVER']);
    expect(new Set([request.traceId, call.traceId, handler.traceId]).size).toBe(1);
    expect([request.parentSpanId, call.parentSpanId, handler.parentSpanId]).toEqual([
      '',
      request.spanId,
      call.spanId,
    ]);
    expect(request.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/ping_service_a',
      'url.path': '/ping_service_a',
      'url.scheme': 'http',
      'http.response.status_code': 200,
    });
    const rpc = {
      'rpc.system.name': 'grpc',
      'rpc.method': greet,
      'rpc.status_code': 'OK',
    };
    expect(call.attributes).toEqual(rpc);
    expect(handler.attributes).toEqual(rpc);
    expect([request.status, call.status, handler.status]).toEqual(['UNSET', 'UNSET', 'UNSET']);
  });

  test("a caller's trace is continued, also through the proxy", () => {
    const request = only('service-b', 'GET /service_a/*', callerTrace);
    expect(request.parentSpanId).toBe(callerSpan);
    const hop = only('service-b', 'GET', callerTrace);
    expect(hop).toMatchObject({ kind: 'CLIENT', parentSpanId: request.spanId });
    expect(hop.attributes).toMatchObject({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'server.address': '127.0.0.1',
      'server.port': expect.any(Number),
      'url.full': expect.stringMatching(/\/greeting$/), // without the name
    });
    const handler = only('service-a', 'GET /greeting', callerTrace);
    expect(handler.parentSpanId).toBe(hop.spanId);
  });

  test("a caller's decision not to sample is respected", () => {
    expect(spans.filter(({ attributes }) => attributes['url.path'] === '/unsampled')).toEqual([]);
    expect(spans).toHaveLength(6);
  });

  test('the logs of both services have the trace and request ids, but no name', () => {
    const request = logs.b.find(({ request_id: id }) => id === 'one');
    const call = logs.a.find(({ request_id: id }) => id === 'one');
    const { traceId, spanId } = only('service-a', greet);
    expect(request).toMatchObject({
      msg: 'request',
      http_route: '/ping_service_a',
      trace_id: traceId,
    });
    expect(call).toMatchObject({ msg: 'call', trace_id: traceId, span_id: spanId });
    expect(JSON.stringify(logs)).not.toContain('Ada');
  });
});

test('a failure marks every affected span, including one per attempt', async () => {
  const { a, b, spans } = await startTraced();
  await stopAll(a);
  expect((await send(`${b.http}/ping_service_a`)).status).toBe(503);
  await stopAll(b);
  const failed = spans.map(({ kind, status, attributes }) => [
    kind,
    status,
    attributes['error.type'],
  ]);
  expect(failed.sort()).toEqual([
    ['CLIENT', 'ERROR', 'UNAVAILABLE'],
    ['CLIENT', 'ERROR', 'UNAVAILABLE'],
    ['CLIENT', 'ERROR', 'UNAVAILABLE'],
    ['SERVER', 'ERROR', '503'],
  ]);
});

test('variables of OpenTelemetry that have no effect are named in one warning', async () => {
  const a = await spawnService('service-a', {
    OTEL_PROPAGATORS: 'b3',
    OTEL_TRACES_EXPORTER: 'console',
    OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'api-key=secret',
  });
  const warnings = a.logs.filter(({ level }) => level === 'warn');
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatchObject({
    msg: 'ignored OpenTelemetry variables',
    variables: ['OTEL_PROPAGATORS', 'OTEL_TRACES_EXPORTER', 'OTEL_EXPORTER_OTLP_METRICS_HEADERS'],
  });
  expect(JSON.stringify(warnings)).not.toContain('secret');
});
