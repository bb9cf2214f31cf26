import { gzipSync } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import { GreetRequest } from '@my-app/proto/greeting/v1/greeting';
import { greetingClient } from '@my-app/test-support/grpc';
import { metric } from '@my-app/test-support/metrics';
import { sendRaw } from '@my-app/test-support/raw';
import { callRaw, frame, rawGrpc } from '@my-app/test-support/raw-grpc';
import { type ServiceUnderTest, startServiceA } from '@my-app/test-support/services';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

let a: ServiceUnderTest;
beforeAll(async () => {
  // Long-lived connections, so that none is closed in the middle of a test on a busy machine.
  a = await startServiceA({ GRPC_MAX_CONNECTION_AGE_MS: 3_600_000 });
});
afterEach(async () => {
  expect(await greetingClient(a.grpc)('Ada')).toBe('Hello Ada, from Service A!');
});
afterAll(async () => {
  expect(await metric(a.admin, 'rpc_server_active_calls')).toBe(0);
});

const message = GreetRequest.encode({ name: 'Ada' }).finish();
const good = frame(message);
const bytes = (...values: number[]) => Uint8Array.from(values);

// https://grpc.github.io/grpc/core/md_doc_statuscodes.html: INTERNAL for a message that cannot be parsed.
describe('frames', () => {
  test.each([
    ['no message', bytes(), 'UNIMPLEMENTED'],
    ['a truncated length', bytes(0, 0), 'UNIMPLEMENTED'],
    ['a body shorter than its length', frame(message, { length: 100 }), 'UNIMPLEMENTED'],
    ['a body longer than its length', frame(message, { length: 2 }), 'INTERNAL'],
    ['two messages', Buffer.concat([good, good]), 'UNIMPLEMENTED'],
    ['a length of 4 GB', frame(bytes(), { length: 0xffff_ffff }), 'RESOURCE_EXHAUSTED'],
    ['a message over the limit', frame(Buffer.alloc(16 * 1024 + 1)), 'RESOURCE_EXHAUSTED'],
    ['a long name within the limit', frame(encode('x'.repeat(16_000))), 'INVALID_ARGUMENT'],
  ] as const)('%s is answered with %s', async (_what, body, code) => {
    expect(await call(body)).toMatchObject({ http: 200, grpc: status[code] });
  });
});

describe('messages', () => {
  test.each([
    ['not protobuf', bytes(0xff), 'INTERNAL'],
    ['a truncated field', bytes(0x0a, 10, 65), 'INTERNAL'],
    ['an endless varint', bytes(...Array(20).fill(0x80)), 'INTERNAL'],
    ['nested groups', Buffer.alloc(16_000, 0x13), 'INTERNAL'],
    ['a field of another type', bytes(0x08, 1), 'OK'],
    ['a field of a later version', bytes(0x12, 1, 65), 'OK'],
    ['invalid UTF-8', bytes(0x0a, 1, 0xff), 'INTERNAL'],
    ['a lone surrogate', bytes(0x0a, 3, 0xed, 0xa0, 0x80), 'INTERNAL'],
  ] as const)('%s', async (_what, body, code) => {
    expect(await call(frame(body))).toMatchObject({ http: 200, grpc: status[code] });
  });
});

test.each([
  [
    'an unknown method',
    { ':path': '/greeting.v1.GreetingService/None' },
    good,
    '_OTHER',
    'UNIMPLEMENTED',
  ],
  ['a path that is no method', { ':path': '/x' }, good, '_OTHER', 'UNIMPLEMENTED'],
  [
    'a message that cannot be decoded',
    {},
    frame(bytes(0xff)),
    'greeting.v1.GreetingService/Greet',
    'INTERNAL',
  ],
  [
    'a message over the limit',
    {},
    frame(Buffer.alloc(16 * 1024 + 1)),
    'greeting.v1.GreetingService/Greet',
    'RESOURCE_EXHAUSTED',
  ],
])('%s is counted, not as a failure', async (_what, headers, body, method, code) => {
  const labels = { rpc_method: method, rpc_status_code: code };
  const count = () => metric(a.admin, 'rpc_server_call_duration_seconds_count', labels);
  const before = await count();
  expect(await call(body, headers)).toMatchObject({ grpc: status[code as 'INTERNAL'] });
  expect(await count()).toBe(before + 1);
  const failed = { ...labels, error_type: code };
  expect(await metric(a.admin, 'rpc_server_call_duration_seconds_count', failed)).toBe(0);
});

test.each(['30000000S', '99999999H', '2592000S'])(
  'grpc-timeout: %s is accepted',
  async (timeout) => {
    expect(await call(good, { 'grpc-timeout': timeout })).toMatchObject({ grpc: status.OK });
  },
);

describe('compression', () => {
  const gzip = { 'grpc-encoding': 'gzip' };
  test.each([
    ['gzip', gzipSync(message), gzip, 'OK'],
    ['not gzip', message, gzip, 'INTERNAL'],
    ['truncated gzip', gzipSync(message).subarray(0, 12), gzip, 'INTERNAL'],
    ['a zip bomb', gzipSync(Buffer.alloc(10_000_000)), gzip, 'RESOURCE_EXHAUSTED'],
    ['an unknown encoding', message, { 'grpc-encoding': 'zstd' }, 'UNIMPLEMENTED'],
  ] as const)('%s', async (_what, body, headers, code) => {
    const answer = await call(frame(body, { compressed: 1 }), headers);
    expect(answer).toMatchObject({ http: 200, grpc: status[code] });
  });
});

describe('headers', () => {
  test.each([
    ['no content type', { 'content-type': undefined }, { http: 415 }],
    ['another content type', { 'content-type': 'application/json' }, { http: 415 }],
    ['no te', { te: undefined }, { grpc: status.OK }],
    ['an unknown method', { ':path': '/greeting.v1.GreetingService/X' }, { grpc: 12 }],
    ['an unknown service', { ':path': '/x' }, { grpc: 12 }],
    ['the name of an object property as path', { ':path': '/constructor' }, { grpc: 12 }],
    ['a path without a slash', { ':path': 'x' }, { reset: 1 }],
    ['an invalid deadline', { 'grpc-timeout': 'soon' }, { grpc: 13 }],
    ['an expired deadline', { 'grpc-timeout': '0n' }, { grpc: expect.toBeOneOf([0, 4]) }],
    ['a non-ASCII request id', { 'x-request-id': 'é' }, { grpc: status.OK }],
    ['an invalid traceparent', { traceparent: 'zzz' }, { grpc: status.OK }],
    ['invalid base64 in a binary header', { 'x-bin': '%%%' }, { grpc: status.OK }],
  ])('%s', async (_what, headers, expected) => {
    expect(await call(good, headers)).toMatchObject(expected);
  });
});

test.each([
  ['HTTP/1.1', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['nonsense', '\0\x01\x02\x03'.repeat(20)],
  ['a preface and then nonsense', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'x'.repeat(100)}`],
])('anything but HTTP/2 ends the connection: %s', async (_what, text) => {
  await sendRaw(Number(a.grpc.split(':')[1]), text);
});

test('arbitrary bytes get a documented status and no internals', async () => {
  const session = rawGrpc(a.grpc);
  const documented: status[] = [
    status.OK,
    status.INVALID_ARGUMENT,
    status.RESOURCE_EXHAUSTED,
    status.UNIMPLEMENTED,
    status.INTERNAL,
  ];
  const anyBody = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.uint8Array({ maxLength: 200 }).map((body) => frame(body)),
    fc
      .tuple(fc.uint8Array({ maxLength: 50 }), fc.nat(255), fc.nat(60))
      .map(([body, compressed, length]) => frame(body, { compressed, length })),
  );
  await fc.assert(
    fc.asyncProperty(anyBody, async (body) => {
      const answer = await callRaw(session, body);
      expect(documented).toContain(answer.grpc);
      expect(answer.message).not.toMatch(/\.[jt]s|%0A| at /);
    }),
    { numRuns: 500 },
  );
});

const encode = (name: string) => GreetRequest.encode({ name }).finish();

async function call(body: Uint8Array, headers: Parameters<typeof callRaw>[2] = {}) {
  return callRaw(rawGrpc(a.grpc), body, headers);
}
