import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { atEnd } from '@my-app/test-support/cleanup';
import { listen } from '@my-app/test-support/listen';
import { expect, onTestFinished, test, vi } from 'vitest';
import { connectionsClosed } from '../../src/runtime/connection-limits.ts';
import { HttpConnection } from '../../src/runtime/http-connection.ts';
import { HttpConnections } from '../../src/runtime/http-connections.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A server with small bounds that answers what it admits, and 503 otherwise. */
async function start(handler: Handler, bounds: { requests?: number; unsent?: number } = {}) {
  const name = `test ${Math.random()}`;
  const server = createServer((request, response) => {
    if (connections.admit(request)) handler(request, response);
    else response.writeHead(503).end();
  });
  const connections = new HttpConnections(server, name, {
    connections: 10,
    requests: 2,
    body: 1024,
    bodies: 4096,
    unsent: 1024 * 1024,
    ...bounds,
  });
  const serverSide: Socket[] = [];
  server.on('connection', (socket) => serverSide.push(socket));
  const { port } = new URL(await listen(server));
  const sockets: Socket[] = [];
  atEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const open = async (bytes: string) => {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
    sockets.push(socket);
    await once(socket, 'connect');
    socket.write(bytes);
    return socket;
  };
  const closed = () =>
    [...connectionsClosed()].filter(({ server }) => server === name).map(({ reason }) => reason);
  return { server, serverSide, connections, open, closed };
}

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const last = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const half = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{';
const text = async (socket: Socket) => String((await once(socket, 'data'))[0]);
const isClosed = (socket: Socket) =>
  vi.waitFor(() => expect(socket.resume().destroyed).toBe(true), 5000);
const answerWhole: Handler = (request, response) => {
  request.resume().on('end', () => response.end('whole'));
};

test('a body without progress for a second is evicted, and not earlier', async () => {
  const { connections, open, closed } = await start(answerWhole);
  const stalled = [await open(half), await open(half)];
  await vi.waitFor(() => expect(connections.inFlight).toBe(2));
  expect(await text(await open(last))).toContain('HTTP/1.1 503');
  expect(closed()).toEqual([]);
  await vi.waitFor(async () => expect(await text(await open(last))).toContain('whole'), 5000);
  expect(closed()).toContain('room');
  await vi.waitFor(() => expect(stalled.some((socket) => socket.resume().destroyed)).toBe(true));
});

test('while unread responses exceed the limit, they are evicted, and no new request is rejected', async () => {
  const big: Handler = ({ url }, response) =>
    response.end(url === '/' ? Buffer.alloc(16 * 1024 * 1024) : 'small');
  const { open, closed } = await start(big, { requests: 10 });
  for (let n = 0; n < 2; n++) (await open(get)).pause();
  const small = get.replace('/ ', '/small ');
  const answers = new Set<boolean>();
  await vi.waitFor(async () => {
    answers.add((await text(await open(small))).includes('small'));
    expect(closed()).toContain('unread');
  }, 5000);
  expect(answers).toEqual(new Set([true]));
});

test('a search for room that found none is not repeated for each rejection', async () => {
  const { connections, open } = await start(answerWhole);
  for (let n = 0; n < 2; n++) await open(half);
  await vi.waitFor(() => expect(connections.inFlight).toBe(2));
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const looked = vi.spyOn(HttpConnection.prototype, 'serving');
  expect(await text(await open(get))).toContain('HTTP/1.1 503');
  const once = looked.mock.calls.length;
  expect(once).toBeGreaterThan(0);
  expect(await text(await open(get))).toContain('HTTP/1.1 503');
  expect(looked).toHaveBeenCalledTimes(once);
});

test('at shutdown, connections that wait for their client are closed', async () => {
  const { connections, open, closed } = await start(answerWhole);
  const stalled = await open(half);
  await vi.waitFor(() => expect(connections.inFlight).toBe(1));
  connections.closeWaiting('shutdown');
  await isClosed(stalled);
  expect(closed()).toEqual(['shutdown']);
  expect(connections.inFlight).toBe(0);
});

test('a request after the start of a response ends the connection after that response', async () => {
  const { open } = await start((_request, response) => {
    response.write('first');
    setTimeout(() => response.end('last'), 100);
  });
  const socket = await open(get);
  expect(await text(socket)).toContain('first');
  socket.write(get.repeat(3));
  let rest = '';
  socket.on('data', (data) => {
    rest += data;
  });
  await once(socket, 'close');
  expect(rest).toContain('last');
  expect(rest).not.toContain('HTTP/1.1');
});

test('a timeout closes a connection that waits for its client, not one that waits for the server', async () => {
  let answered = (): void => {};
  const { server, serverSide, connections, open, closed } = await start((request, response) => {
    if (request.method === 'GET') answered = () => void response.end('late');
    else request.resume();
  });
  const [idle, serving, stalled] = [await open(''), await open(get), await open(half)];
  await vi.waitFor(() => expect(connections.inFlight).toBe(2));
  for (const socket of serverSide) server.emit('timeout', socket);
  await Promise.all([isClosed(idle), isClosed(stalled)]);
  expect(closed()).toEqual(['unread']);
  const late = text(serving);
  answered();
  expect(await late).toContain('late');
});
