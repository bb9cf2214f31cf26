import { atEnd } from '@my-app/test-support/cleanup';
import { send } from '@my-app/test-support/http';
import { sendRaw } from '@my-app/test-support/raw';
import { describe, expect, test } from 'vitest';
import { createAdminServer } from '../../src/runtime/admin-server.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { Readiness } from '../../src/runtime/readiness.ts';

describe('/livez', () => {
  test('is OK before the service is ready', async () => {
    const { url } = await start();
    expect(await get(url, '/livez')).toMatchObject({ status: 200, json: { status: 'live' } });
  });
});

describe('/readyz', () => {
  test('reports why the service is not ready', async () => {
    const { url, readiness } = await start();
    expect(await get(url, '/readyz')).toMatchObject({ status: 503, json: { status: 'starting' } });
    readiness.ready();
    expect(await get(url, '/readyz')).toMatchObject({ status: 200, json: { status: 'ready' } });
    readiness.drain();
    expect(await get(url, '/readyz')).toMatchObject({ status: 503, json: { status: 'draining' } });
  });

  test('shows the notes', async () => {
    const { url, readiness } = await start();
    readiness.note('faults', 'none');
    readiness.note('faults', 'each request 100 ms late'); // in place of the note before
    readiness.ready();
    expect((await get(url, '/readyz')).json).toEqual({
      status: 'ready',
      faults: 'each request 100 ms late',
    });
  });
});

test('/metrics is in the format of Prometheus', async () => {
  const { url } = await start();
  const { status, headers, text } = await get(url, '/metrics');
  expect(status).toBe(200);
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(text).toMatch(/^# TYPE rpc_server_call_duration_seconds histogram$/m);
});

test('more scrapes than 50 a second are rejected, and probes are not', async () => {
  const { url } = await start();
  const scrapes = await Promise.all(Array.from({ length: 200 }, () => get(url, '/metrics')));
  expect(scrapes.filter(({ status }) => status === 503).length).toBeGreaterThan(50);
  expect((await get(url, '/livez')).status).toBe(200);
});

describe('other requests', () => {
  test('a query is ignored', async () => {
    const { url } = await start();
    expect(await get(url, '/livez?verbose')).toMatchObject({ status: 200 });
  });

  test('HEAD has no body', async () => {
    const { url } = await start();
    expect(await send(`${url}/livez`, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });

  test('an unknown path is a 404 that lists the paths', async () => {
    const { url } = await start();
    expect(await get(url, '/')).toMatchObject({
      status: 404,
      json: { status: 'not found', try: ['/livez', '/readyz', '/metrics', '/echo'] },
    });
  });

  test.each(['POST', 'DELETE', 'PROPFIND'])('%s is a 405', async (method) => {
    const { url } = await start();
    const answer = await send(`${url}/readyz`, { method });
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });

  test.each(['constructor', '__proto__', '*', '//livez'])(
    'OPTIONS %s is 400 or 404',
    async (path) => {
      const { port } = await start();
      expect(
        await sendRaw(port, `OPTIONS ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`),
      ).toMatch(/^HTTP\/1\.1 40[04] /);
    },
  );
});

describe('a route of the service', () => {
  test('receives the JSON of a POST', async () => {
    const { url } = await start();
    const answer = await send(`${url}/echo`, { method: 'POST', body: '{"a":1}' });
    expect(answer).toMatchObject({ status: 200, json: { a: 1 } });
  });

  test('that accepts POST lists it in a 405', async () => {
    const { url } = await start();
    const answer = await send(`${url}/echo`, { method: 'DELETE' });
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD, POST' } });
  });

  test.each([
    ['not JSON', '{"a":', 'JSON'],
    ['too long', '"'.padEnd(2000, 'a'), 'longer than 1024 bytes'],
  ])('does not get a body that is %s', async (_, body, detail) => {
    const { url } = await start();
    const answer = await send(`${url}/echo`, { method: 'POST', body });
    expect(answer).toMatchObject({
      status: 400,
      json: { detail: expect.stringContaining(detail) },
    });
  });
});

test('a connection with pipelined requests ends after the first response', async () => {
  const { port } = await start();
  const answers = await sendRaw(port, 'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(10));
  expect(answers.match(/(?<=HTTP\/1\.1 )\d+/g)).toEqual(['200']);
});

test('a port in use is an error', async () => {
  const { port } = await start();
  const server = createAdminServer(new Readiness(), createMetrics().registry);
  await expect(server.listen('127.0.0.1', port)).rejects.toThrow('EADDRINUSE');
});

const get = (url: string, path: string) => send(`${url}${path}`);

async function start() {
  const readiness = new Readiness();
  const server = createAdminServer(readiness, createMetrics().registry);
  server.add('/echo', {
    GET: () => ({ status: 200, body: {} }),
    POST: (json) => ({ status: 200, body: json as object }),
  });
  const port = await server.listen('127.0.0.1', 0);
  atEnd(() => server.close());
  return { readiness, port, url: `http://127.0.0.1:${port}` };
}
