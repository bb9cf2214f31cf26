import { once } from 'node:events';
import { connect, createServer, type Socket as NetSocket, type Socket } from 'node:net';
import { atEnd } from '@my-app/test-support/cleanup';
import { expect, test, vi } from 'vitest';
import {
  type Connection,
  ConnectionLimits,
  connectionsClosed,
} from '../../src/runtime/connection-limits.ts';

class TestConnection implements Connection {
  completed = 0;
  isServing = false;
  hasGreeted = true;
  held = true;
  serving = () => this.isServing;
  greeted = () => this.hasGreeted;
  closing = () => {
    this.held = false;
  };
}

/** A server that answers nothing, with at most three connections. */
async function start(handshakeTimeout?: number) {
  const name = `test ${Math.random()}`;
  const accepted: { socket: NetSocket; connection: TestConnection }[] = [];
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  const limits = new ConnectionLimits<TestConnection>(server, {
    name,
    connections: 3,
    ...(handshakeTimeout !== undefined && { handshakeTimeout }),
    open(socket) {
      const connection = new TestConnection();
      accepted.push({ socket, connection });
      return connection;
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets: Socket[] = [];
  atEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const open = async (bytes = 0) => {
    const { port } = server.address() as { port: number };
    const socket = connect(port, '127.0.0.1')
      .on('error', () => {})
      .resume();
    sockets.push(socket);
    const number = accepted.length;
    await once(socket, 'connect');
    socket.write('x'.repeat(bytes));
    await vi.waitFor(() => expect(accepted[number]?.socket.bytesRead).toBe(bytes));
    return { client: socket, ...(accepted[number] as (typeof accepted)[0]) };
  };
  const closed = () =>
    Object.fromEntries(
      [...connectionsClosed()]
        .filter(({ server }) => server === name)
        .map(({ reason, count }) => [reason, count]),
    );
  return { limits, open, closed };
}

const isClosed = async (socket: Socket) =>
  vi.waitFor(() => expect(socket.destroyed).toBe(true), 5000);

test('at the limit, the oldest connection without a completed request is closed and counted', async () => {
  const { open, closed, limits } = await start();
  const answered = await open();
  limits.answered(answered.socket);
  const oldest = await open();
  const other = await open();
  await open();
  await isClosed(oldest.client);
  expect(oldest.connection.held).toBe(false);
  expect(answered.client.destroyed || other.client.destroyed).toBe(false);
  expect(closed()).toEqual({ limit: 1 });
});

test('among known connections the one that made the server read the most per answered request is closed', async () => {
  const { open, limits } = await start();
  const [small, large, often] = [await open(100), await open(5000), await open(5000)];
  for (const { socket } of [small, large, often]) limits.answered(socket);
  for (let n = 0; n < 99; n++) limits.answered(often.socket);
  expect(limits.makeRoom('room')).toBe(true);
  await isClosed(large.client);
  expect(small.client.destroyed || often.client.destroyed).toBe(false);
});

test('a connection that waits for the server is never closed for another, and a newcomer is', async () => {
  const { open, limits, closed } = await start();
  const busy = [await open(), await open(), await open()];
  for (const { connection } of busy) connection.isServing = true;
  const newcomer = await open();
  await isClosed(newcomer.client);
  expect(limits.makeRoom('room')).toBe(false);
  expect(busy.some(({ client }) => client.destroyed)).toBe(false);
  expect(closed()).toEqual({ limit: 1 });
});

test('a newcomer has a second to send a request, and the least recently answered makes room for it', async () => {
  const { open, limits } = await start();
  const answered = [await open(), await open(), await open()];
  for (const { socket } of answered) limits.answered(socket);
  const newcomer = await open();
  await isClosed(answered[0]?.client as Socket);
  expect([newcomer, answered[1], answered[2]].some((one) => one?.client.destroyed)).toBe(false);
});

test('only candidates make room', async () => {
  const { open, limits } = await start();
  const [first, second] = [await open(), await open()];
  expect(limits.makeRoom('room', (connection) => connection === second.connection)).toBe(true);
  await isClosed(second.client);
  expect(first.client.destroyed).toBe(false);
});

test('a connection without a handshake is closed in time', async () => {
  const { open, closed } = await start(10);
  const [greeted, silent] = [await open(), await open()];
  silent.connection.hasGreeted = false;
  await isClosed(silent.client);
  expect(greeted.client.destroyed).toBe(false);
  expect(closed()).toEqual({ handshake_timeout: 1 });
});
