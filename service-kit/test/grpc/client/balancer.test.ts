import { once } from 'node:events';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { credentials, makeClientConstructor } from '@grpc/grpc-js';
import { atEnd } from '@my-app/test-support/cleanup';
import { createName } from '@my-app/test-support/fake-dns';
import { expect, test, vi } from 'vitest';
import { channelOptions } from '../../../src/grpc/client/channel.ts';
import { targetOf } from '../../../src/grpc/client/resolver.ts';
import { call, echoService } from '../../support/echo.ts';

const hosts = Array.from({ length: 20 }, (_, n) => `127.0.0.${n + 1}`);
const Client = makeClientConstructor(echoService, 'Test');

/** A gRPC server that answers every call with an empty message and records who connects. */
async function startPod(host: string, port: number) {
  const server = createServer();
  const pod = { port, connections: 0 };
  server.on('session', () => {
    pod.connections += 1;
  });
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 0 }));
    stream.end(Buffer.alloc(5));
  });
  await once(server.listen(port, host), 'listening');
  atEnd(() => server.close());
  pod.port = (server.address() as AddressInfo).port;
  return pod;
}

/** Pods at the first of twenty addresses, and what creates a client of all twenty. */
async function start(count: number) {
  const { host } = createName(...hosts);
  const pods = [await startPod('127.0.0.1', 0)];
  const port = pods[0]?.port ?? 0;
  for (const host of hosts.slice(1, count)) pods.push(await startPod(host, port));
  const connect = () => {
    const options = { ...channelOptions, 'grpc.use_local_subchannel_pool': 1 };
    const client = new Client(targetOf(`${host}:${port}`), credentials.createInsecure(), options);
    atEnd(() => client.close());
    return client;
  };
  return { pods, connect };
}

test('a client connects to ten of twenty addresses, and each client to others', async () => {
  const { pods, connect } = await start(20);
  const connected = () => pods.map(({ connections }) => connections);
  const sum = () => connected().reduce((one, other) => one + other);
  await call(connect(), 'echo', Buffer.of());
  await vi.waitFor(() => expect(sum()).toBe(10), 20_000);
  for (let n = 0; n < 9; n++) await call(connect(), 'echo', Buffer.of());
  await vi.waitFor(() => expect(sum()).toBe(100), 20_000);
  expect(Math.max(...connected())).toBeLessThan(10);
});

test('a client whose addresses refuse connections finds the few that serve', async () => {
  const { pods, connect } = await start(3);
  const client = connect();
  const found = async () => {
    await call(client, 'echo', Buffer.of()).catch(() => {});
    expect(pods.map(({ connections }) => connections > 0)).toEqual([true, true, true]);
  };
  await vi.waitFor(found, { timeout: 30_000, interval: 200 });
  expect(await call(client, 'echo', Buffer.of())).toEqual(Buffer.of());
});
