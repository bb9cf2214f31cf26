import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { atEnd } from '@my-app/test-support/cleanup';
import { listen } from '@my-app/test-support/listen';
import { expect, test, vi } from 'vitest';
import { type Bounds, Guard } from '../../src/runtime/connection-limits.ts';

const bounds: Bounds = { connections: 3, requests: 4, pipelined: 2, body: 1024, bodies: 2048 };
const request = (path: string, body = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\n${body && `Content-Length: ${body.length}\r\n`}\r\n${body}`;

/** A server that answers /wait when the test does, and others at once, with their path. */
async function startGuarded() {
  const waiting: ServerResponse[] = [];
  const server = createServer((request, response) => {
    const verdict = guard.admit(request, response);
    if (verdict === 'dropped') return;
    if (verdict === 'refused') response.writeHead(503).end();
    else if (verdict === 'closing') response.writeHead(503, { connection: 'close' }).end();
    else if (request.url === '/wait') waiting.push(response);
    else response.end(request.url === '/large' ? 'x'.repeat(50_000_000) : request.url);
  });
  const guard = new Guard(server, bounds);
  const port = Number(new URL(await listen(server)).port);
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  const open = async (bytes = ''): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    atEnd(() => socket.destroy());
    await once(socket, 'connect');
    socket.write(bytes);
    return socket;
  };
  return { guard, waiting, open };
}

test('at the limit the longest idle connection makes room, and those in flight stay', async () => {
  const { open, waiting } = await startGuarded();
  const busy = await open(request('/wait'));
  const idle = await open();
  const used = await open();
  await vi.waitFor(() => expect(waiting).toHaveLength(1));
  const evicted = new Promise((resolve) => idle.once('close', resolve));
  const other = await open(request('/other'));
  await evicted;
  expect(`${await once(other, 'data')}`).toContain('/other');
  used.write(request('/used'));
  expect(`${await once(used, 'data')}`).toContain('/used');
  waiting[0]?.end('waited');
  expect(`${await once(busy, 'data')}`).toContain('waited');
});

test('a request beyond what a connection may pipeline ends it, and nothing after it is answered', async () => {
  const { open, waiting, guard } = await startGuarded();
  const socket = await open(request('/wait') + request('/b') + request('/c') + request('/d'));
  await vi.waitFor(() => expect(waiting).toHaveLength(1));
  waiting[0]?.end('waited');
  const answers = await text(socket);
  expect(answers.match(/HTTP\/1\.1 \d+/gm)).toEqual([200, 200, 503].map((s) => `HTTP/1.1 ${s}`));
  await vi.waitFor(() => expect(guard.requests).toBe(0));
});

test('requests in flight are bounded over all connections, until they end or their clients leave', async () => {
  const { open, waiting, guard } = await startGuarded();
  const first = await open(request('/wait').repeat(2));
  await open(request('/wait').repeat(2));
  await vi.waitFor(() => expect(waiting).toHaveLength(4));
  const refused = await open(request('/a'));
  expect(`${await once(refused, 'data')}`).toMatch(/^HTTP\/1\.1 503 /);
  first.destroy();
  await vi.waitFor(() => expect(guard.requests).toBe(2));
  refused.write(request('/a')); // its connection stays: a new one costs more than a refusal
  expect(`${await once(refused, 'data')}`).toMatch(/^HTTP\/1\.1 200 /);
});

test('bodies are bounded over all connections, by what they announce', async () => {
  const { open, waiting } = await startGuarded();
  const withBody = request('/wait', 'x'.repeat(1024));
  await open(withBody.slice(0, -1));
  await open(withBody);
  await vi.waitFor(() => expect(waiting).toHaveLength(2));
  expect(await text(await open(request('/a', 'x')))).toMatch(/^HTTP\/1\.1 503 /);
  expect(`${await once(await open(request('/a')), 'data')}`).toMatch(/^HTTP\/1\.1 200 /);
  waiting[1]?.end();
  await vi.waitFor(async () =>
    expect(`${await once(await open(request('/a', 'x')), 'data')}`).toMatch(/^HTTP\/1\.1 200 /),
  );
});

test('a client that does not read its answer is reset after 10 s', async () => {
  const { open, guard } = await startGuarded();
  const socket = await open(request('/large'));
  socket.pause();
  await vi.waitFor(() => expect(guard.requests).toBe(1));
  await vi.waitFor(() => expect(guard.requests).toBe(0), { timeout: 15_000, interval: 200 });
});
