import { createServer as createTcpServer } from 'node:net';
import { atEnd } from '@my-app/test-support/cleanup';
import { send } from '@my-app/test-support/http';
import { listen } from '@my-app/test-support/listen';
import { startServiceB } from '@my-app/test-support/services';
import { expect, test } from 'vitest';
import { grpc } from './support/proxy.ts';

test.for([
  ['a status that does not exist', 'HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n'],
  ['no HTTP', 'SSH-2.0-OpenSSH_10.0\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx'],
  [
    'length and chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
  ],
  ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n'],
  [
    'a protocol that nobody asked for',
    'HTTP/1.1 101 OK\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
  ],
] as const)('502 if Service A sends %s', async ([, bytes]) => {
  const b = await startServiceB({ http: await startRaw(bytes), grpc });
  const { status, json, headers } = await send(`${b.http}/service_a/greeting`);
  expect([status, json.detail]).toEqual([502, 'upstream sent an invalid response']);
  expect(headers).not.toHaveProperty('retry-after');
});

test.for([
  [
    'not modified, with a length',
    'GET',
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n',
    304,
    '',
  ],
  ['to HEAD, with a length', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', 200, ''],
  ['without a length', 'GET', 'HTTP/1.0 200 OK\r\n\r\nuntil the end', 200, 'until the end'],
  [
    'after early hints',
    'GET',
    'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
    204,
    '',
  ],
  ['with an unknown status', 'GET', 'HTTP/1.1 299 Odd\r\nContent-Length: 1\r\n\r\nx', 299, 'x'],
] as const)('a legal response passes: %s', async ([, method, bytes, status, text]) => {
  const b = await startServiceB({ http: await startRaw(bytes), grpc });
  const answer = await send(`${b.http}/service_a/greeting`, { method });
  expect([answer.status, answer.text]).toEqual([status, text]);
});

/** Answers each request with these bytes, and ends the connection. */
async function startRaw(bytes: string): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {}).once('data', () => socket.end(bytes, 'latin1'));
  });
  atEnd(() => server.close());
  return listen(server);
}
