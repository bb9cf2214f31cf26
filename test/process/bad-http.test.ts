import { keepAliveAgent, send } from '@my-app/test-support/http';
import { metric } from '@my-app/test-support/metrics';
import { sendRaw } from '@my-app/test-support/raw';
import { type ServiceUnderTest, startServiceA, startServiceB } from '@my-app/test-support/services';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let a: ServiceUnderTest;
let b: ServiceUnderTest;
beforeAll(async () => {
  a = await startServiceA();
  b = await startServiceB(a);
});
afterAll(async () => {
  for (const { admin } of [a, b])
    expect(await metric(admin, 'http_server_active_requests')).toBe(0);
});

/** Every route. */
const targets: [path: string, port: () => number][] = [
  ['/greeting', () => portOf(a)],
  ['/ping_service_a', () => portOf(b)],
  ['/service_a/greeting', () => portOf(b)],
];

const type = 'Content-Type: application/json\r\n';
const badRequests: [what: string, bytes: string, ...statuses: number[]][] = [
  ['an invalid version', 'GET PATH HTTP/3.0\r\nHost: a\r\n\r\n', 400],
  ['an invalid method', 'GREET PATH HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['an unsupported method', request('PROPFIND'), 404, 405],
  ['no host', 'GET PATH HTTP/1.1\r\n\r\n', 400],
  ['NUL in a header', request('GET', 'X-A: \0\r\n'), 400],
  ['a header on two lines', request('GET', 'X-A: 1\r\n 2\r\n'), 400],
  ['a header without a name', request('GET', ': 1\r\n'), 400],
  ['an invalid Content-Length', request('POST', 'Content-Length: -1\r\n'), 400],
  ['two Content-Lengths', request('POST', 'Content-Length: 1\r\nContent-Length: 2\r\n', 'ab'), 400],
  ['an unknown expectation', request('GET', 'Expect: mercy\r\n'), 417],
  ['headers over the limit', request('GET', `X-A: ${'x'.repeat(16 * 1024)}\r\n`), 431],
  ['a query over the limit', request('GET').replace('PATH', `PATH?name=${'x'.repeat(17e3)}`), 431],
  [
    'a long name within the limit',
    request('GET').replace('PATH', `PATH?name=${'x'.repeat(7e3)}`),
    400,
  ],
  ['two names', request('GET').replace('PATH', 'PATH?name=a&name=b'), 400],
  ['a name that is not valid UTF-8', request('GET').replace('PATH', 'PATH?name=%ff'), 400],
  ['an invalid path', request('GET').replace('PATH', 'PATH/%zz'), 400],
  ['a path traversal', request('GET').replace('PATH', 'PATH/..%2f..%2fx'), 400, 404],
  [
    'an invalid chunk',
    request('POST', `${type}Transfer-Encoding: chunked\r\n`, 'zz\r\n'),
    400,
    405,
  ],
  ['invalid JSON', json('{'), 405],
  ['a body over the limit', json('x'.repeat(64 * 1024 + 1)), 405, 413],
  ['a body of megabytes', json('x'.repeat(5_000_000)), 405, 413],
  [
    'a Content-Length over the limit without a body',
    request('POST', `${type}Content-Length: 99999\r\n`),
    405,
    413,
  ],
];

describe.each(targets)('%s', (path, port) => {
  test.each(badRequests)('%s', async (_what, bytes, ...statuses) => {
    const answer = await sendRaw(port(), bytes.replaceAll('PATH', path));
    expectDocumented(answer, statuses);
  });

  test('a body that waits for 100 Continue', async () => {
    const headers = { 'content-type': 'application/json', expect: '100-continue' };
    const url = `http://127.0.0.1:${port()}${path}`;
    expect(await send(url, { method: 'POST', headers, body: '{}' })).toMatchObject({ status: 405 });
  });

  test('a connection on which a body was rejected', async () => {
    const url = `http://127.0.0.1:${port()}${path}`;
    const agent = keepAliveAgent();
    for (const type of ['application/json', 'text/plain', 'application/json', 'text/plain']) {
      for (const body of ['x'.repeat(5_000_000), 'x']) {
        const headers = { 'content-type': type, 'content-length': `${body.length}` };
        const { status } = await send(url, { method: 'POST', headers, body, agent });
        expect(status).toBeOneOf([400, 404, 405, 413]);
      }
    }
  });

  test('any query', async () => {
    const text = fc.oneof(
      fc.string({
        unit: fc.constantFrom('name', '=', '&', '%', '+', '[', ']', '#', '\0', 'a', 'f'),
      }),
      fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)) }),
    );
    await fc.assert(
      fc.asyncProperty(text, async (query) => {
        const bytes = request('GET').replace('PATH', () => `${path}?${query}`);
        expectDocumented(await sendRaw(port(), Buffer.from(bytes, 'latin1'), { end: true }));
      }),
    );
  });

  test('any headers', async () => {
    const text = fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)) });
    const name = fc.oneof(
      fc.constantFrom('connection', 'te', 'upgrade', 'traceparent', 'x-request-id', 'content-type'),
      fc.constantFrom('accept', 'range', 'expect', 'content-length', 'transfer-encoding', 'cookie'),
      text,
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, text)), async (headers) => {
        const lines = headers.map(([header, value]) => `${header}: ${value}\r\n`).join('');
        const bytes = request('GET', lines).replace('PATH', path);
        expectDocumented(await sendRaw(port(), Buffer.from(bytes, 'latin1'), { end: true }));
      }),
    );
  });

  test('any body', async () => {
    const types = fc.constantFrom(
      'application/json',
      'text/plain',
      'application/x',
      'multipart/',
      '',
    );
    const method = fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE', 'GET', 'OPTIONS');
    await fc.assert(
      fc.asyncProperty(method, types, fc.string(), async (method, type, body) => {
        const headers = { 'content-type': type, 'content-length': `${Buffer.byteLength(body)}` };
        const { status, text } = await send(`http://127.0.0.1:${port()}${path}`, {
          method,
          headers,
          body,
        });
        expect(status).toBeOneOf([200, 400, 404, 405, 415]);
        expect(text).not.toMatch(inside);
      }),
    );
  });

  test('arbitrary bytes', async () => {
    const start = fc.constantFrom(
      '',
      'GET ',
      `GET ${path} HTTP/1.1\r\n`,
      'POST / HTTP/1.1\r\nHost: a',
    );
    await fc.assert(
      fc.asyncProperty(start, fc.uint8Array({ maxLength: 300 }), async (text, bytes) => {
        const all = Buffer.concat([Buffer.from(text), bytes]);
        expectDocumented(await sendRaw(port(), all, { end: true }));
      }),
    );
  });
});

function request(method: string, headers = '', body = ''): string {
  return `${method} PATH HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}\r\n${body}`;
}

function json(body: string): string {
  return request('POST', `${type}Content-Length: ${body.length}\r\n`, body);
}

test('a body over the limit does not reach Service A', async () => {
  const seen = () =>
    metric(a.admin, 'http_server_request_duration_seconds_count', { http_request_method: 'POST' });
  const before = await seen();
  const bytes = json('x'.repeat(64 * 1024 + 1)).replace('PATH', '/service_a/greeting');
  expectDocumented(await sendRaw(portOf(b), bytes), [413]);
  expect(await seen()).toBe(before);
});

/** What no response may reveal: source paths and stack traces. */
const inside = /node_modules|\.ts:|\\n {4}at /;

/**
 * A response is a greeting or problem details about the request. There may be none if the client
 * disconnected in the middle of its request.
 */
function expectDocumented(
  answer: string,
  statuses = [200, 400, 404, 405, 408, 411, 413, 414, 415, 417, 431],
): void {
  expect(answer).not.toMatch(inside);
  if (answer === '' && statuses.length > 1) return;
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
  expect(status).toBeOneOf(statuses);
  if (status === 200 || /^transfer-encoding: chunked$/im.test(head)) return; // Node's own responses have no body
  expect(head.toLowerCase()).toContain('content-type: application/problem+json');
  if (body !== '') expect(JSON.parse(body)).toMatchObject({ type: 'about:blank', status });
}

const portOf = ({ http }: ServiceUnderTest): number => Number(new URL(http).port);
