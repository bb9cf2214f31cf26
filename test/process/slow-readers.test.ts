import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd } from '@my-app/test-support/cleanup';
import { listen } from '@my-app/test-support/listen';
import { metric } from '@my-app/test-support/metrics';
import { spawnService } from '@my-app/test-support/processes';
import { startServiceB } from '@my-app/test-support/services';
import { expect, test, vi } from 'vitest';

/** More than the kernel buffers on both hops, so that the server waits for its reader. */
const size = 64 * 1024 * 1024;

async function startLargeAnswer(): Promise<string> {
  const server = createServer((_request, response) => response.end(Buffer.alloc(size)));
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  return listen(server);
}

/** A client that takes 1 KiB of its answer each time that `take` is called, and the rest on `takeAll`. */
function slowReader(port: number) {
  const reader = { received: 0, closed: false, take: () => {}, takeAll: () => {} };
  let all = false;
  const buffer = Buffer.alloc(1024);
  const callback = (bytes: number): boolean => {
    reader.received += bytes;
    return all; // false pauses
  };
  const socket: Socket = connect({ port, host: '127.0.0.1', onread: { buffer, callback } });
  socket
    .on('error', () => {})
    .once('close', () => {
      reader.closed = true;
    });
  socket.write('GET /service_a/large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  atEnd(() => socket.destroy());
  reader.take = () => void socket.resume();
  reader.takeAll = () => {
    all = true;
    socket.resume();
  };
  return reader;
}

test('a reader of 1 KiB a second keeps its answer, and gets all of it', async () => {
  const b = await spawnService('service-b', { SERVICE_A_HTTP_URL: await startLargeAnswer() });
  const reader = slowReader(Number(b.ports.http));
  for (let seconds = 0; seconds < 13; seconds++) {
    await sleep(1000);
    reader.take();
  }
  expect(reader.received).toBeLessThan(20 * 1024);
  expect(reader.closed).toBe(false);
  reader.takeAll();
  await vi.waitFor(() => expect(reader.closed).toBe(true), 20_000);
  expect(reader.received).toBeGreaterThan(size);
  expect(await metric(b.admin, 'server_connections_closed_total')).toBe(0);
});

test('the server keeps at most 64 KiB for each connection whose answer is not read', async () => {
  const accepted: Socket[] = [];
  const remember = (message: unknown): void => {
    accepted.push((message as { socket: Socket }).socket);
  };
  const b = await startServiceB({ grpc: 'localhost:1', http: await startLargeAnswer() });
  subscribe('net.server.socket', remember);
  atEnd(() => unsubscribe('net.server.socket', remember));
  const { port } = new URL(b.http);
  for (let n = 0; n < 10; n++) slowReader(Number(port));
  const kept = () =>
    accepted.filter(({ localPort }) => localPort === Number(port)).map((one) => one.writableLength);
  await vi.waitFor(() => expect(kept().filter(Boolean)).toHaveLength(10), 20_000);
  expect(Math.max(...kept())).toBeLessThanOrEqual(64 * 1024);
});
