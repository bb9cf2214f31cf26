import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd } from '@my-app/test-support/cleanup';
import { send } from '@my-app/test-support/http';
import { listen } from '@my-app/test-support/listen';
import { metric } from '@my-app/test-support/metrics';
import { spawnService } from '@my-app/test-support/processes';
import { expect, test, vi } from 'vitest';

const mega = 1024 * 1024;
/** The chart's options, with 60 % of 192 MiB for the heap. */
const likeThePod = {
  NODE_OPTIONS: '--max-old-space-size=115 --max-semi-space-size=8',
  MALLOC_ARENA_MAX: 1,
};
/** The memory that docs/limits.md allows the clients of one HTTP server. */
const budget = 80 * mega;
/** The kubelet's timeout for /livez, in ms. */
const patience = 5000;

const head = (method: string, path: string, headers = '') =>
  `${method} ${path} HTTP/1.1\r\nHost: a\r\n${headers}`;
const json = 'Content-Type: application/json\r\n';

interface Attack {
  connections: number;
  bytes: string;
  port?: 'http' | 'admin';
}

const pieces = '1\r\n \r\n'.repeat(65_000);
const bodiesThatStop = {
  connections: 3000,
  bytes: `${head('POST', '/service_a/x', `${json}Content-Length: 65536\r\n\r\n`)}${' '.repeat(65_535)}`,
};

const attacks: Record<string, Attack> = {
  'bodies that stop before the last byte': bodiesThatStop,
  'small bodies that stop': {
    connections: 3000,
    bytes: `${head('POST', '/service_a/x', `${json}Content-Length: 2\r\n\r\n`)} `,
  },
  'endless bodies in chunks of one byte': {
    connections: 200,
    bytes: `${head('POST', '/service_a/x', `${json}Transfer-Encoding: chunked\r\n\r\n`)}${pieces}`,
  },
  'connections that send nothing': { connections: 5000, bytes: '' },
  'one unfinished header': {
    connections: 5000,
    bytes: head('GET', '/', `A: ${'x'.repeat(8000)}`),
  },
  'many headers that never end': {
    connections: 5000,
    bytes: head('GET', '/', 'a:b\r\n'.repeat(1500)),
  },
  'pipelined requests whose responses are not read': {
    connections: 200,
    bytes: head('GET', '/openapi.json', '\r\n').repeat(10_000),
  },
  'pipelined bad requests whose responses are not read': {
    connections: 200,
    bytes: head('GET', '/%zz', '\r\n').repeat(10_000),
  },
  'the admin port: connections that send nothing': { connections: 2000, bytes: '', port: 'admin' },
  'the admin port: bodies that stop': {
    connections: 2000,
    bytes: `${head('POST', '/livez', 'Content-Length: 1000\r\n\r\n')}{`,
    port: 'admin',
  },
  'the admin port: metrics that are not read': {
    connections: 200,
    bytes: head('GET', '/metrics', '\r\n').repeat(1000),
    port: 'admin',
  },
};

test.each(Object.entries(attacks))('%s', async (_what, attack) => {
  const b = await spawnService('service-b', likeThePod);
  for (let times = 0; times < 50; times++) await send(`${b.http}/openapi.json`); // warms up
  const memory = () => metric(b.admin, 'process_resident_memory_bytes');
  const before = await memory();
  const attacked = open(b.ports[attack.port ?? 'http'] as number, attack);
  for (const end = performance.now() + 4000; performance.now() < end; await sleep(100)) {
    const started = performance.now();
    expect((await answerOf(`${b.admin}/livez`)).status).toBe(200);
    expect((await answerOf(`${b.http}/openapi.json`)).status).toBeOneOf([200, 503]);
    expect(performance.now() - started).toBeLessThan(patience);
    expect(await vi.waitFor(memory, patience)).toBeLessThan(before + budget);
  }
  await attacked;
});

test('stalled requests are evicted for others, and end after 10 s', async () => {
  const a = createServer((request, response) => {
    request.resume().on('end', () => response.end());
  });
  const b = await spawnService('service-b', { ...likeThePod, SERVICE_A_HTTP_URL: await listen(a) });
  const sockets = await open(b.ports.http as number, bodiesThatStop);
  const body = ' '.repeat(60_000);
  const headers = { 'content-type': 'text/plain' };
  for (let times = 0; times < 10; times++) {
    await vi.waitFor(async () => {
      const answer = await send(`${b.http}/service_a/x`, { method: 'POST', headers, body });
      expect(answer.status).toBe(200);
    }, 3000);
  }
  expect(
    await metric(b.admin, 'server_connections_closed_total', { reason: 'room' }),
  ).toBeGreaterThan(0);
  for (const socket of sockets) socket.resume();
  await vi.waitFor(() => expect(sockets.every((socket) => socket.destroyed)).toBe(true), 20_000);
});

/** Asks again after a reset: a connection that has not sent its request yet may be the one that makes room for another. */
const answerOf = (url: string) => vi.waitFor(() => send(url), patience);

/** Opens the connections and reads from none of them. */
async function open(port: number, { connections, bytes }: Attack): Promise<Socket[]> {
  const sockets: Socket[] = [];
  atEnd(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (let count = 0; count < connections; count++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {}).pause();
    sockets.push(socket);
    // The server may reset one at once, to make room.
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {});
    socket.write(bytes);
  }
  return sockets;
}
