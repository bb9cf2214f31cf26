import { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { send } from '@my-app/test-support/http';
import { sendRaw } from '@my-app/test-support/raw';
import { describe, expect, test } from 'vitest';
import type { HttpApp } from '../../src/http/server.ts';
import { startHttpApp } from '../support/http-app.ts';

const problem = 'application/problem+json; charset=utf-8';

function routes(app: HttpApp): void {
  app.post('/echo', async ({ body }) => ({ body }));
}

describe('bytes that are not valid HTTP', () => {
  test.each([
    ['nonsense', 'hello\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['a header that is too long', `GET / HTTP/1.1\r\nX: ${'x'.repeat(16 * 1024)}\r\n\r\n`, 431],
    ['a URL that is too long', `GET /${'x'.repeat(16 * 1024)} HTTP/1.1\r\n\r\n`, 431],
    ['chunk extensions without end', chunked(`1;${'x'.repeat(17 * 1024)}`), 413],
    [
      'two lengths, which is how requests are smuggled',
      'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
  ])('%s', async (_what, bytes, code) => {
    const { port } = await startHttpApp(routes);
    const [head, body] = (await sendRaw(port, Buffer.from(bytes, 'latin1'))).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${code} `));
    expect(head).toContain(`Content-Type: ${problem}`);
    expect(head).toContain('Connection: close');
    expect(JSON.parse(`${body}`)).toMatchObject({ type: 'about:blank', status: code });
  });

  test('a client that resets its connection is not answered', async () => {
    const { app } = await startHttpApp(routes);
    const [listener] = app.server.listeners('clientError');
    const calls: string[] = [];
    const socket = (writable: boolean) =>
      Object.assign(new Duplex(), { writable, destroy: () => calls.push('destroy') });
    const error = (code: string) => Object.assign(new Error(code), { code });
    listener?.(error('ECONNRESET'), socket(true));
    listener?.(error('HPE_INVALID_METHOD'), socket(false));
    expect(calls).toEqual(['destroy', 'destroy']);
  });
});

test('pipelined requests beyond the bound are refused, and what follows is dropped', async () => {
  const { port } = await startHttpApp((app) => {
    app.get('/slow', () => sleep(100, {}));
  });
  const answers = await sendRaw(port, 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(40));
  const statuses = answers.match(/(?<=HTTP\/1\.1 )\d+/g);
  expect(statuses).toEqual([...Array(32).fill('200'), '503']);
});

test('a chunked body is bounded while it is read', async () => {
  const { port } = await startHttpApp(routes);
  const chunk = `10001\r\n"${'x'.repeat(0x10000)}\r\n0\r\n\r\n`;
  const head =
    'POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n';
  const answer = await sendRaw(port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}`);
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
});

test.each(['http://a/docs', 'HTTP://a:80/docs', 'https://b.example/docs'])(
  'a target in absolute form is served: %s',
  async (path) => {
    const { url } = await startHttpApp(routes);
    expect(await send(url, { path })).toMatchObject({ status: 200 });
  },
);

function chunked(chunk: string): string {
  return `POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n${chunk}`;
}
