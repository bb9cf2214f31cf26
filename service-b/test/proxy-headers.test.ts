import { send } from '@my-app/test-support/http';
import { expect, test } from 'vitest';
import { startProxy } from './support/proxy.ts';

test.for([
  ['/docs/', '/service_a/docs/'],
  ['next?x=1#y', '/service_a/some/next?x=1#y'],
  ['../up', '/service_a/up'],
  ['?page=2', '/service_a/some/path?page=2'],
  ['SELF/elsewhere', '/service_a/elsewhere'],
  ['//other.example/path', '//other.example/path'],
  ['https://other.example/service_a/x', 'https://other.example/service_a/x'],
  ['mailto:someone@example.org', 'mailto:someone@example.org'],
  ['http://[', 'http://['],
] as const)('a location %s becomes %s', async ([location, expected]) => {
  const { a, b } = await startProxy((response) => {
    const reference = location.replace('SELF', a.http);
    response.writeHead(302, { location: reference, 'content-location': reference }).end();
  });
  const answer = await send(`${b.http}/service_a/some/path?x`);
  expect(answer.headers).toMatchObject({ location: expected, 'content-location': expected });
});

const claims = {
  forwarded: 'for=6.6.6.6',
  'x-forwarded-for': '6.6.6.6, 10.1.1.1',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'https',
  'x-forwarded-prefix': '/evil',
  via: '1.0 edge',
};

test('Service A receives the address of the client, not what the client claims', async () => {
  const { a, b } = await startProxy();
  await send(`${b.http}/service_a/x`, { headers: claims });
  const seen = a.requests[0]?.headers;
  expect(seen).toMatchObject({
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-host': new URL(b.http).host,
    'x-forwarded-proto': 'http',
    via: '1.0 edge, 1.1 service-b',
  });
  expect(seen).not.toHaveProperty('forwarded');
  expect(seen).not.toHaveProperty('x-forwarded-prefix');
});

test('the headers of a trusted proxy are used, those of others before it are not', async () => {
  const { a, b } = await startProxy(undefined, { TRUSTED_PROXIES: 1 });
  await send(`${b.http}/service_a/x`, { headers: claims });
  expect(a.requests[0]?.headers).toMatchObject({
    'x-forwarded-for': '10.1.1.1, 127.0.0.1',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
  });
});

test('a query follows the prefix, with or without a slash between them', async () => {
  const { a, b } = await startProxy();
  for (const path of ['/service_a?x=1', '/service_a/?x=1']) {
    expect((await send(b.http, { path })).status).toBe(200);
  }
  expect(a.requests.map(({ url }) => url)).toEqual(['/?x=1', '/?x=1']);
});

test('a GET is forwarded without its body and Content-Length', async () => {
  const { a, b } = await startProxy();
  const answer = await send(`${b.http}/service_a/x`, {
    headers: { 'content-length': '1' },
    body: 'x',
  });
  expect(answer.status).toBe(200);
  expect(a.requests[0]?.headers).not.toHaveProperty('content-length');
});
