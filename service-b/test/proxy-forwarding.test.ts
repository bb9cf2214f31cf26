import { send } from '@my-app/test-support/http';
import { startServiceA, startServiceB } from '@my-app/test-support/services';
import { expect, test } from 'vitest';
import { startProxy } from './support/proxy.ts';

test('method, path, query, headers and body reach Service A unchanged', async () => {
  const { a, b } = await startProxy();
  const body = JSON.stringify({ text: 'Grüße' });
  await send(`${b.http}/service_a/some/path%2Fhere?x=1&x=2&y=%26&empty=`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'x-custom': 'kept', accept: 'text/plain' },
    body,
  });
  expect(a.requests).toHaveLength(1);
  const [seen] = a.requests;
  expect(seen).toMatchObject({
    method: 'PUT',
    url: '/some/path%2Fhere?x=1&x=2&y=%26&empty=',
    body,
    headers: {
      host: new URL(a.http).host,
      'content-type': 'application/json',
      'x-custom': 'kept',
      accept: 'text/plain',
    },
  });
});

test('status, headers and body come back unchanged', async () => {
  const { b } = await startProxy((response) =>
    response
      .writeHead(418, { 'content-type': 'text/x-tea', etag: '"1"', 'set-cookie': ['a=1', 'b=2'] })
      .end('short and stout'),
  );
  const answer = await send(`${b.http}/service_a/tea`);
  expect([answer.status, answer.text]).toEqual([418, 'short and stout']);
  expect(answer.headers).toMatchObject({
    'content-type': 'text/x-tea',
    etag: '"1"',
    'set-cookie': ['a=1', 'b=2'],
  });
});

test('hop-by-hop headers are not forwarded in either direction', async () => {
  const { a, b } = await startProxy((response) =>
    response
      .writeHead(200, {
        connection: 'close, x-internal',
        'x-internal': 'secret',
        'keep-alive': 'timeout=1234',
        'proxy-authenticate': 'Basic',
        'x-public': 'yes',
      })
      .end('{}'),
  );
  const answer = await send(`${b.http}/service_a/greeting`, {
    headers: {
      connection: 'x-listed',
      'x-listed': 'secret',
      'keep-alive': 'timeout=1234',
      'proxy-authorization': 'Basic c2VjcmV0',
      te: 'trailers',
      'x-public': 'yes',
    },
  });

  const seen = a.requests[0]?.headers ?? {};
  expect(seen['x-public']).toBe('yes');
  for (const name of ['x-listed', 'keep-alive', 'proxy-authorization', 'te']) {
    expect(seen, name).not.toHaveProperty(name);
  }
  expect(answer.headers['x-public']).toBe('yes');
  expect(answer.headers).not.toHaveProperty('x-internal');
  expect(answer.headers).not.toHaveProperty('proxy-authenticate');
  expect(answer.headers['keep-alive']).not.toBe('timeout=1234');
});

test('the request id passes through both services and comes back once', async () => {
  const { a, b } = await startProxy((response) =>
    response.writeHead(200, { 'x-request-id': 'of-service-a' }).end(),
  );
  const headers = { 'x-request-id': 'of-the-caller' };
  const { headers: answered } = await send(`${b.http}/service_a/greeting`, { headers });
  expect(a.requests[0]?.headers['x-request-id']).toBe('of-the-caller');
  expect(answered['x-request-id']).toBe('of-the-caller');

  const { headers: fresh } = await send(`${b.http}/service_a/greeting`);
  expect(fresh['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  expect(a.requests[1]?.headers['x-request-id']).toBe(fresh['x-request-id']);
});

test('problem details of Service A are passed on unchanged', async () => {
  const a = await startServiceA();
  const b = await startServiceB(a);
  const headers = { 'x-request-id': 'same-for-both' };
  const direct = await send(`${a.http}/greeting?name=%00`, { headers });
  const proxied = await send(`${b.http}/service_a/greeting?name=%00`, { headers });
  expect(proxied.status).toBe(400);
  expect(proxied.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(proxied.text).toBe(direct.text);
});

test.for([
  '/service_a/../ping_service_a',
  '/service_a/%2e%2e/ping_service_a',
  '/service_a/..%2f..%2fetc/passwd',
  '/service_a/x/..%5c..%5cetc',
  '/service_a//example.org/path',
  '/service_a/\\example.org/path',
  '/service_a/@example.org/path',
  '/service_a/http://example.org/path',
  '/service_a/%00',
  '/service_a',
  '/service_ab/path',
  'http://example.org/service_a/path',
])('%s reaches only Service A or is rejected', async (path) => {
  const { a, b } = await startProxy((response) => response.end('from A'));
  const answer = await send(b.http, { path });
  if (answer.text === 'from A') {
    expect(a.requests).toHaveLength(1);
    expect(a.requests[0]?.url).toMatch(/^\//);
    expect(a.requests[0]?.headers.host).toBe(new URL(a.http).host);
  } else {
    expect([400, 404]).toContain(answer.status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(a.requests).toHaveLength(0);
  }
});

test('a target in absolute form is proxied only to Service A', async () => {
  const { a, b } = await startProxy();
  const answer = await send(b.http, { path: 'http://example.org/service_a/any?x=1' });
  expect(answer.status).toBe(200);
  expect(a.requests).toMatchObject([{ url: '/any?x=1', headers: { host: new URL(a.http).host } }]);
});
