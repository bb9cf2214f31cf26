import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd } from '@my-app/test-support/cleanup';
import { send } from '@my-app/test-support/http';
import { listen } from '@my-app/test-support/listen';
import { metric } from '@my-app/test-support/metrics';
import { type ServiceProcess, spawnService } from '@my-app/test-support/processes';
import { describe, expect, test, vi } from 'vitest';

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
}

const chunked = `${json}Transfer-Encoding: chunked\r\n\r\n`;
const pieces = '1\r\n \r\n'.repeat(65_000);
const attacks: Record<string, Attack> = {
  'small bodies that stop': {
    connections: 3000,
    bytes: `${head('POST', '/service_a/x', `${json}Content-Length: 2\r\n\r\n`)} `,
  },
  'endless bodies in chunks of one byte': {
    connections: 200,
    bytes: `${head('POST', '/service_a/x', chunked)}${pieces}`,
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
  'many trailers that never end': {
    connections: 5000,
    bytes: `${head('POST', '/service_a/x', chunked)}0\r\n${'a:b\r\n'.repeat(1500)}`,
  },
  'pipelined requests whose responses are not read': {
    connections: 200,
    bytes: head('GET', '/openapi.json', '\r\n').repeat(10_000),
  },
  'pipelined bad requests whose responses are not read': {
    connections: 200,
    bytes: head('GET', '/%zz', '\r\n').repeat(10_000),
  },
};

test.each(Object.entries(attacks))('%s', async (_what, attack) => {
  await withstand(await spawnService('service-b', likeThePod), attack);
});

test('bodies that stop before the last byte are evicted for others, and end after 10 s', async () => {
  const a = createServer((request, response) => {
    request.resume().on('end', () => response.end());
  });
  const b = await spawnService('service-b', { ...likeThePod, SERVICE_A_HTTP_URL: await listen(a) });
  const sockets = await withstand(b, {
    connections: 3000,
    bytes: `${head('POST', '/service_a/x', `${json}Content-Length: 65536\r\n\r\n`)}${' '.repeat(65_535)}`,
  });
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

/** Attacks the HTTP port, and checks until a second later that others are answered and that the memory stays within its budget. */
async function withstand(b: ServiceProcess, attack: Attack): Promise<Socket[]> {
  for (let times = 0; times < 50; times++) await send(`${b.http}/openapi.json`); // warms up
  const before = await memoryOf(b);
  let end = Number.POSITIVE_INFINITY;
  const attacked = openAll(b.ports.http as number, attack).finally(() => {
    end = performance.now() + 1000;
  });
  for (; performance.now() < end; await sleep(100)) {
    const started = performance.now();
    expect((await answerOf(`${b.admin}/livez`)).status).toBe(200);
    expect((await answerOf(`${b.http}/openapi.json`)).status).toBeOneOf([200, 503]);
    expect(performance.now() - started).toBeLessThan(patience);
    expect(await memoryOf(b)).toBeLessThan(before + budget);
  }
  return attacked;
}

/** The shortest timeout of the chart's probes, in ms. */
const probeTimeout = 1000;

describe('probes are answered while other clients of the admin port', () => {
  const livez = head('GET', '/livez', '\r\n');
  const attacks: Record<string, Attack & { again?: boolean }> = {
    'pipeline probes': { connections: 50, bytes: livez.repeat(5000), again: true },
    'were answered, and keep every connection': { connections: 700, bytes: livez, again: true },
    'do not read metrics': {
      connections: 700,
      bytes: head('GET', '/metrics', '\r\n'),
      again: true,
    },
    'send nothing': { connections: 2000, bytes: '' },
    'stop in the middle of a body': {
      connections: 2000,
      bytes: `${head('POST', '/faults', 'Content-Length: 1000\r\n\r\n')}{`,
    },
  };
  test.each(Object.entries(attacks))('%s', async (_what, { connections, bytes, again }) => {
    const a = await spawnService('service-a', likeThePod);
    const before = await memoryOf(a);
    let attacking = true;
    const attack = async (): Promise<void> => {
      while (attacking) {
        const socket = await open(a.ports.admin as number, bytes);
        if (!again) return;
        await Promise.race([once(socket, 'close'), sleep(2000)]).catch(() => {});
        socket.destroy();
      }
    };
    const attackers = Array.from({ length: connections }, attack);
    const statuses: (number | string)[] = [];
    for (let n = 0; n < 40; n++) {
      const headers = { connection: 'close' }; // each probe of the kubelet is a connection of its own
      const signal = AbortSignal.timeout(probeTimeout);
      await send(`${a.admin}/${n % 2 ? 'livez' : 'readyz'}`, { headers, signal }).then(
        ({ status }) => statuses.push(status),
        (error) => signal.aborted || statuses.push(error.code),
      );
      await sleep(25);
    }
    expect(await memoryOf(a)).toBeLessThan(before + budget);
    attacking = false;
    await Promise.all(attackers);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(statuses.length).toBeGreaterThan(20); // all of them, unless the machine is busy with something else
  });
});

const memoryOf = ({ admin }: ServiceProcess): Promise<number> =>
  vi.waitFor(() => metric(admin, 'process_resident_memory_bytes'), patience);

/** Asks again after a reset: a connection that has not sent its request yet may be the one that makes room for another. */
const answerOf = (url: string) => vi.waitFor(() => send(url), patience);

/** Opens the connections one after another, and reads from none of them. */
async function openAll(port: number, { connections, bytes }: Attack): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < connections) sockets.push(await open(port, bytes));
  return sockets;
}

/** A connection that sends the bytes and does not read. The server may reset it at once, to make room. */
async function open(port: number, bytes: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {}).pause();
  atEnd(() => socket.destroy());
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {});
  socket.write(bytes);
  return socket;
}
