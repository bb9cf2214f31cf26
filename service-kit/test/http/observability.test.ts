import { setTimeout as sleep } from 'node:timers/promises';
import { keepAliveAgent, send } from '@my-app/test-support/http';
import { sendRaw } from '@my-app/test-support/raw';
import { expect, test, vi } from 'vitest';
import { HttpProblem } from '../../src/http/problem-details.ts';
import type { HttpApp } from '../../src/http/server.ts';
import { startHttpApp } from '../support/http-app.ts';
import { countsOf, sampleOf } from '../support/metrics.ts';
import { startTestTracing } from '../support/tracing.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';

function routes(app: HttpApp): void {
  app.get('/people/:name', async (request) => ({ trace: request.callContext.trace !== undefined }));
  app.get('/bug', async () => {
    throw new Error('a bug');
  });
  app.get('/never', () => new Promise<never>(() => {}));
}

test('a request is one log line, without input of the client', async () => {
  const { url, lines } = await startHttpApp(routes);
  await send(`${url}/people/ada?secret=1`, { headers: { 'x-request-id': 'abc' } });
  await vi.waitFor(() => expect(lines).toHaveLength(1));
  expect(lines[0]).toMatchObject({
    msg: 'request',
    request_id: 'abc',
    http_request_method: 'GET',
    http_route: '/people/:name',
    http_response_status_code: 200,
    duration_ms: expect.any(Number),
  });
  expect(JSON.stringify(lines)).not.toMatch(/ada|secret/);
});

test('a request whose body is refused half-way has the scheme that it came with', async () => {
  const { port, metrics } = await startHttpApp((app) => {
    app.post('/people', async () => 'created');
  });
  const head = 'POST /people HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n';
  const body = '1\r\n \r\n'.repeat(5000);
  await sendRaw(port, `${head}Content-Type: application/json\r\n\r\n${body}`);
  expect(await countsOf(metrics.httpServerDuration)).toMatchObject([
    { labels: { http_response_status_code: '413', url_scheme: 'http' } },
  ]);
});

test('a bad URL is logged, too', async () => {
  const { url, lines } = await startHttpApp(routes);
  const headers = { 'x-request-id': 'abc' };
  const answer = await send(url, { path: '/ada/%zz?secret=1', headers });
  expect(answer).toMatchObject({ status: 400, headers, json: { request_id: 'abc' } });
  await vi.waitFor(() => expect(lines).toHaveLength(1));
  expect(lines[0]).toMatchObject({
    msg: 'request',
    request_id: 'abc',
    http_request_method: 'GET',
    http_route: 'unmatched',
    http_response_status_code: 400,
  });
  expect(JSON.stringify(lines)).not.toMatch(/ada|secret/);
});

test("the line has the ids of the caller's trace", async () => {
  await startTestTracing();
  const { url, lines } = await startHttpApp(routes);
  await send(`${url}/people/ada`, { headers: { traceparent: `00-${traceId}-${parentId}-01` } });
  await vi.waitFor(() => expect(lines).toHaveLength(1));
  expect(lines[0]).toMatchObject({ trace_id: traceId, span_id: parentId });
});

test.each([
  ['/people/ada', '/people/:name', '200'],
  ['/people/bob', '/people/:name', '200'],
  ['/none', 'unmatched', '404'],
  ['/bug', '/bug', '500'],
  ['/%zz', 'unmatched', '400'],
  ['/people/%zz', 'unmatched', '400'],
])('%s is counted by its route and status', async (path, route, code) => {
  const { url, metrics } = await startHttpApp(routes);
  await send(url, { path });
  const labels = {
    http_request_method: 'GET',
    http_route: route,
    http_response_status_code: code,
  };
  await vi.waitFor(async () => {
    expect(await countsOf(metrics.httpServerDuration)).toMatchObject([{ labels, value: 1 }]);
  });
  expect(await sampleOf(metrics.httpServerActive)).toBe(0);
});

test('methods outside the known set are counted as _OTHER', async () => {
  const { url, metrics, lines } = await startHttpApp(routes);
  for (const method of ['PROPFIND', 'MKCOL', 'REPORT']) await send(`${url}/people/ada`, { method });
  await vi.waitFor(() => expect(lines).toHaveLength(3));
  expect(await countsOf(metrics.httpServerDuration)).toMatchObject([
    { labels: { http_request_method: '_OTHER' }, value: 3 },
  ]);
});

test('a request whose client disconnected is a 499, and no longer in flight', async () => {
  const { url, metrics, lines } = await startHttpApp(routes);
  const client = new AbortController();
  const request = send(`${url}/never`, { signal: client.signal });
  await vi.waitFor(async () => expect(await sampleOf(metrics.httpServerActive)).toBe(1));
  client.abort();
  await expect(request).rejects.toThrow();
  await vi.waitFor(() => expect(lines).toHaveLength(1));
  expect(lines[0]).toMatchObject({ msg: 'request', http_response_status_code: 499 });
  expect(await sampleOf(metrics.httpServerActive)).toBe(0);
});

test('many error responses are sampled lines without a stack, with the number suppressed', async () => {
  const { url, lines } = await startHttpApp((app) => {
    app.get('/busy', async () => {
      throw new HttpProblem(503, 'busy', { cause: new Error('the breaker is open') });
    });
  });
  const agent = keepAliveAgent();
  const storm = () => Promise.all(Array.from({ length: 50 }, () => send(`${url}/busy`, { agent })));
  for (let times = 0; times < 10; times++) await storm();
  await sleep(1000);
  await send(`${url}/busy`, { agent });
  await vi.waitFor(() => expect(lines.at(-1)).toMatchObject({ msg: 'request' }));

  const failures = lines.filter(({ msg }) => msg === 'request failed');
  expect(failures[0]).toMatchObject({
    http_response_status_code: 503,
    reason: 'busy',
    cause: 'the breaker is open',
  });
  expect(JSON.stringify(lines)).not.toContain('stack');
  for (const msg of ['request failed', 'request']) {
    const those = lines.filter((line) => line.msg === msg);
    expect(those.length).toBeLessThan(501);
    const suppressed = those.reduce((sum, line) => sum + ((line.suppressed as number) ?? 0), 0);
    expect(those.length + suppressed).toBe(501);
  }
});
