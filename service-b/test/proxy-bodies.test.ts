import { type FakeHttp, startFakeHttp } from '@my-app/test-support/fake-http';
import { send } from '@my-app/test-support/http';
import { startServiceB } from '@my-app/test-support/services';
import { beforeEach, expect, test } from 'vitest';
import { grpc } from './support/proxy.ts';

let a: FakeHttp;
let url: string;

beforeEach(async () => {
  a = await startFakeHttp();
  const b = await startServiceB({ ...a, grpc });
  url = `${b.http}/service_a/any`;
});

test.each([
  ['JSON with white space', 'application/json', ' { "a" : 1.0 }\n'],
  ['invalid JSON', 'application/json', '{'],
  ['text', 'text/plain; charset=latin1', 'Grüße'],
  ['an unknown type', 'application/x-any', '\0\x01'],
  ['no type', '', 'x'],
  ['an empty body', 'application/json', ''],
  ['the maximum size', 'text/plain', 'x'.repeat(64 * 1024)],
])('a body is passed on byte for byte: %s', async (_what, type, body) => {
  const length = `${Buffer.byteLength(body)}`;
  const headers = { 'content-length': length, ...(type ? { 'content-type': type } : {}) };
  expect(await send(url, { method: 'POST', headers, body })).toMatchObject({ status: 200 });
  expect(a.requests[0]?.body).toBe(body);
  expect(a.requests[0]?.headers['content-type']).toBe(type || undefined);
  expect(a.requests[0]?.headers['content-length']).toBe(length);
});

test('a body without Content-Length is proxied', async () => {
  const headers = { 'content-type': 'text/plain', 'transfer-encoding': 'chunked' };
  await send(url, { method: 'PUT', headers, body: 'in chunks' });
  expect(a.requests[0]?.body).toBe('in chunks');
});

test('a body over the limit is rejected by Service B', async () => {
  const headers = { 'content-type': 'text/plain' };
  const answer = await send(url, { method: 'POST', headers, body: 'x'.repeat(64 * 1024 + 1) });
  expect(answer).toMatchObject({ status: 413, json: { status: 413 } });
  expect(a.requests).toEqual([]);
});

test('a client that sends Expect: 100-continue gets 100 Continue', async () => {
  const headers = { 'content-type': 'text/plain', expect: '100-continue' };
  expect(await send(url, { method: 'POST', headers, body: 'x' })).toMatchObject({ status: 200 });
  expect(a.requests[0]?.headers).not.toHaveProperty('expect');
});
