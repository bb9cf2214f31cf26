import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { atEnd } from '@my-app/test-support/cleanup';
import { createName } from '@my-app/test-support/fake-dns';
import { beforeEach, expect, test, vi } from 'vitest';
import { Addresses } from '../../src/http/addresses.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] });
  return () => void vi.useRealTimers();
});

function addressesOf(host: string): Addresses {
  const addresses = new Addresses(host);
  atEnd(() => addresses.close());
  return addresses;
}

test('an address that the last lookup lacks is used only while all that it has are ejected', async () => {
  const name = createName('10.0.0.1', '10.0.0.2');
  const addresses = addressesOf(name.host);
  const pickTwice = async () => [await addresses.pick(), await addresses.pick()].sort();
  expect(await pickTwice()).toEqual(['10.0.0.1', '10.0.0.2']);

  name.addresses = ['10.0.0.2'];
  await vi.advanceTimersByTimeAsync(5000);
  expect(await pickTwice()).toEqual(['10.0.0.2', '10.0.0.2']);

  addresses.ejection.record('10.0.0.2', { failure: 'unreachable' }, 400);
  expect(await pickTwice()).toEqual(['10.0.0.1', '10.0.0.1']);
});

test('twenty servers share a thousand clients, and few connections move when a server goes', async () => {
  const hosts = Array.from({ length: 20 }, (_, n) => `127.0.0.${n + 1}`);
  const name = createName(...hosts);
  const clients = Array.from({ length: 1000 }, () => addressesOf(name.host));
  const counts = new Map<string, number>();
  let port = 0;
  for (const host of hosts) {
    const server = createServer((socket) => socket.end('served')).listen(port, host);
    await once(server, 'listening');
    atEnd(() => server.close());
    ({ port } = server.address() as { port: number });
  }
  const connections = new Set<string>();
  /** Each client connects to every address that it picks and has no connection to. */
  const runOne = async (client: Addresses, n: number) => {
    for (const _ of hosts) {
      const host = await client.pick();
      if (connections.has(`${n} ${host}`)) continue;
      connections.add(`${n} ${host}`);
      expect(`${(await once(connect(port, host), 'data'))[0]}`).toBe('served');
      counts.set(host, (counts.get(host) ?? 0) + 1);
    }
  };
  const run = () => Promise.all(clients.map(runOne));
  await run();
  expect(connections.size).toBe(10_000);
  // 500 ± 6 standard deviations; a server of gRPC holds 600: docs/limits.md
  for (const host of hosts) expect(Math.abs((counts.get(host) ?? 0) - 500)).toBeLessThan(100);
  const [gone] = hosts;
  name.addresses = hosts.slice(1);
  await vi.advanceTimersByTimeAsync(5000);
  await run();
  expect(connections.size - 10_000).toBe(counts.get(`${gone}`));
}, 120_000);
