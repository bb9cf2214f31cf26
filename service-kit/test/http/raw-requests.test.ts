import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { send } from '@my-app/test-support/http';
import { sendRaw } from '@my-app/test-support/raw';
import { describe, expect, test } from 'vitest';
import type { HttpApp } from '../../src/http/server.ts';
import { startHttpApp } from '../support/http-app.ts';
import { countsOf, sampleOf } from '../support/metrics.ts';

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
});

describe('a connection with pipelined requests', () => {
  const get = 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\n';
  test.each([
    ['requests', get.repeat(40)],
    ['requests without a Host', get + 'GET / HTTP/1.1\r\n\r\n'.repeat(40)],
    ['unknown expectations', get + get.replace('Host: a', 'Host: a\r\nExpect: x').repeat(40)],
    ['bytes that are not HTTP', `${get}hello\r\n\r\n`],
    ['more than one read', get + 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(10_000)],
  ])('ends after that answer: %s', async (_what, bytes) => {
    const { port, lines, metrics } = await startHttpApp((app) => {
      app.get('/slow', () => sleep(100, {}));
    });
    const answers = await sendRaw(port, bytes);
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
    expect(answers).toMatch(/^connection: close/im);
    expect(lines).toMatchObject([{ http_route: '/slow' }]); // nothing became of the others
    expect(await sampleOf(metrics.httpServerActive)).toBe(0);
  });

  test('ends after a response that has begun', async () => {
    const { port } = await startHttpApp((app) => {
      app.get('/stream', (_request, reply) => reply.send(Readable.from(halves())));
    });
    async function* halves() {
      yield 'one';
      await sleep(100);
      yield 'two';
    }
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    let received = '';
    socket.on('data', (text) => {
      received += text;
      if (text.includes('one')) socket.write(get);
    });
    socket.write(get.replace('/slow', '/stream'));
    await once(socket, 'close');
    expect(received).toContain('two');
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
  });

  test('is served if it waits for each response', async () => {
    const { port } = await startHttpApp((app) => {
      app.get('/slow', () => sleep(1, {}));
    });
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    for (let n = 0; n < 20; n++) {
      socket.write(get);
      expect((await once(socket, 'data'))[0]).toMatch(/^HTTP\/1\.1 200 /);
    }
    socket.destroy();
  });
});

test.each([
  ['two Host lines', 'GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n', 400],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['HTTP/1.0 without Host', 'GET / HTTP/1.0\r\n\r\n', 200],
  ['an empty Host', 'GET / HTTP/1.0\r\nHost:\r\n\r\n', 200],
  ['an IPv6 address as Host', 'GET / HTTP/1.0\r\nHost: [::1]:8012\r\n\r\n', 200],
  ['an internationalized Host', 'GET / HTTP/1.0\r\nHost: xn--bcher-kva.example\r\n\r\n', 200],
  ['a space in Host', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n', 400],
  ['a path in Host', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 400],
  ['a user in Host', 'GET / HTTP/1.1\r\nHost: user@a\r\n\r\n', 400],
])('%s', async (_what, bytes, code) => {
  const { port } = await startHttpApp(routes);
  expect(await sendRaw(port, bytes)).toMatch(new RegExp(`^HTTP/1.1 ${code} `));
});

test('the body of a request without a route is not read', async () => {
  const { app, port } = await startHttpApp(routes);
  const accepted = once(app.server, 'connection');
  const head = 'POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n';
  expect(await sendRaw(port, head + 'x'.repeat(32e6))).toMatch(/^HTTP\/1\.1 404 /);
  const [socket] = (await accepted) as [Socket];
  expect(socket.bytesRead).toBeLessThan(1e6);
});

test('a response to bytes that are not a request is counted and logged', async () => {
  const { port, lines, metrics } = await startHttpApp(routes);
  await sendRaw(port, 'hello\r\n\r\n');
  expect(lines).toMatchObject([
    { msg: 'malformed request', http_response_status_code: 400, reason: 'HPE_INVALID_METHOD' },
  ]);
  expect(await countsOf(metrics.httpServerDuration)).toMatchObject([
    { labels: { http_request_method: '_OTHER', http_response_status_code: '400' } },
  ]);
});

test('a chunked body is bounded while it is read', async () => {
  const { port } = await startHttpApp(routes);
  const chunk = `10001\r\n"${'x'.repeat(0x10000)}\r\n0\r\n\r\n`;
  const head =
    'POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n';
  const answer = await sendRaw(port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}`);
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
});

test('a body in thousands of chunks is not read', async () => {
  const { port } = await startHttpApp(routes);
  const head = 'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
  const bytes = `${head}Transfer-Encoding: chunked\r\n\r\n${'1\r\n \r\n'.repeat(60_000)}`;
  expect(await sendRaw(port, bytes)).toMatch(/^HTTP\/1\.1 413 /);
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
