import { setTimeout as sleep } from 'node:timers/promises';
import { keepAliveAgent, send } from '@my-app/test-support/http';
import { describe, expect, test } from 'vitest';
import { HttpProblem } from '../../src/http/problem-details.ts';
import type { HttpApp } from '../../src/http/server.ts';
import { startHttpApp } from '../support/http-app.ts';

const json = { 'content-type': 'application/json' };
const problem = 'application/problem+json; charset=utf-8';

function routes(app: HttpApp): void {
  app.post('/echo', async ({ body }) => ({ body }));
  app.get('/bug', async () => {
    throw new Error('the password is 1234');
  });
  app.get('/busy', async () => {
    throw new HttpProblem(503, 'busy', { headers: { 'retry-after': '7' } });
  });
}

describe('problem details', () => {
  test.each([
    ['an unknown path', '/none?of=this', {}, 404, 'there is no GET /none'],
    ['a path that is no URL', '/%zz', {}, 400, "'/%zz' is not a valid url component"],
    ['an unknown method', '/echo', { method: 'PATCH' }, 405, 'PATCH is not allowed on /echo'],
    ['a query that is no text', '/docs?a=%ff', {}, 400, 'the query is not percent-encoded UTF-8'],
    ['a body that is no JSON', '/echo', { method: 'POST', headers: json, body: '{' }, 400, 'JSON'],
    [
      'a body of another type',
      '/echo',
      { method: 'POST', headers: { 'content-type': 'text/xml' }, body: '<a/>' },
      415,
      'Unsupported Media Type',
    ],
    [
      'a body over the limit',
      '/echo',
      { method: 'POST', headers: json, body: `"${'x'.repeat(64 * 1024)}"` },
      413,
      'Request body is too large',
    ],
    ['a bug', '/bug', {}, 500, 'internal error'],
  ])('%s', async (_what, path, options, code, detail) => {
    const { url } = await startHttpApp(routes);
    const answer = await send(url, { path, ...options });
    expect(answer).toMatchObject({ status: code, headers: { 'content-type': problem } });
    expect(answer.json).toMatchObject({ type: 'about:blank', status: code });
    expect(answer.json.detail).toContain(detail);
    expect(answer.text).not.toMatch(/password|\bat \//);
  });

  test('carry the request id and Retry-After', async () => {
    const { url } = await startHttpApp(routes);
    const answer = await send(`${url}/busy`, { headers: { 'x-request-id': 'abc' } });
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '7' } });
    expect(answer.json.request_id).toBe('abc');
  });

  test('a body at the limit is accepted', async () => {
    const { url } = await startHttpApp(routes);
    const body = `"${'x'.repeat(64 * 1024 - 2)}"`;
    expect(await send(`${url}/echo`, { method: 'POST', headers: json, body })).toMatchObject({
      status: 200,
    });
  });

  test('an unexpected error is logged with the details that the response omits', async () => {
    const { url, lines } = await startHttpApp(routes);
    await send(`${url}/bug`, { headers: { 'x-request-id': 'abc' } });
    expect(lines).toContainEqual(
      expect.objectContaining({
        msg: 'request failed',
        request_id: 'abc',
        err: expect.objectContaining({ message: 'the password is 1234' }),
      }),
    );
  });
});

test.each(['/openapi.json', '/none'])('%s is what it says, and for no cache', async (path) => {
  const { url } = await startHttpApp(routes);
  const { headers } = await send(url + path);
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
});

test.each(['/openapi.json', '/none'])('the response of %s has a request id', async (path) => {
  const { url } = await startHttpApp(routes);
  const own = await send(url + path, { headers: { 'x-request-id': 'abc' } });
  expect(own.headers['x-request-id']).toBe('abc');
  const other = await send(url + path, { headers: { 'x-request-id': 'not fit for a log' } });
  expect(other.headers['x-request-id']).toMatch(/^[\da-f-]{36}$/);
});

describe('closing', () => {
  test('while draining, each response closes its connection', async () => {
    const { url, readiness } = await startHttpApp(routes);
    const agent = keepAliveAgent();
    expect((await send(`${url}/docs`, { agent })).headers.connection).toBe('keep-alive');
    readiness.drain();
    expect((await send(`${url}/docs`, { agent })).headers.connection).toBe('close');
  });

  test('waits for requests in flight, but not for idle connections', async () => {
    const release = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const { server, url } = await startHttpApp((app) => {
      app.get('/slow', async () => {
        arrived.resolve();
        await release.promise;
        return { done: true };
      });
    });
    const slow = send(`${url}/slow`, { agent: keepAliveAgent() });
    await arrived.promise;
    const closed = server.close();
    await sleep(150); // longer than the pause between looks at idle connections
    release.resolve();
    expect(await slow).toMatchObject({ status: 200, json: { done: true } });
    await closed; // the keep-alive time is 72 s
    await expect(send(`${url}/docs`)).rejects.toThrow('ECONNREFUSED');
  });
});

test.each(['/files/a/b', '/people/ada', '/people/%61'])(
  'a method that no route has for %s is a 405 with Allow, wildcards included',
  async (path) => {
    const { url } = await startHttpApp((app) => {
      app.get('/files/*', () => ({}));
      app.get('/people/:name', () => ({}));
    });
    const answer = await send(`${url}${path}`, { method: 'PATCH' });
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  },
);

test('a port in use is an error', async () => {
  const { port } = await startHttpApp(routes);
  await expect(startHttpApp(routes, port)).rejects.toThrow('EADDRINUSE');
});
