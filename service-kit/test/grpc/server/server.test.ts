import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { watchHealth } from '@my-app/test-support/grpc';
import { callRaw, rawGrpc } from '@my-app/test-support/raw-grpc';
import { openCalls } from '@my-app/test-support/raw-http2';
import { service as healthService } from 'grpc-health-check';
import { describe, expect, test, vi } from 'vitest';
import { call, client, echoService, start } from '../../support/echo.ts';

describe('health', () => {
  test.each(['', 'test.v1.EchoService'])('of %j follows the readiness', async (service) => {
    const { address, readiness } = await start();
    const health = client(address, healthService);
    const statusOf = async () => (await call(health, 'check', { service })).status;
    expect(await statusOf()).toBe('NOT_SERVING');
    readiness.ready();
    expect(await statusOf()).toBe('SERVING');
    readiness.drain();
    expect(await statusOf()).toBe('NOT_SERVING');
  });

  test('Watch reports each change', async () => {
    const { address, readiness } = await start();
    const watch = watchHealth(address, 'test.v1.EchoService');
    const next = async () => (await once(watch, 'data'))[0].status;
    expect(await next()).toBe('NOT_SERVING');
    readiness.ready();
    expect(await next()).toBe('SERVING');
    readiness.drain();
    expect(await next()).toBe('NOT_SERVING');
  });

  test('Watch reports SERVICE_UNKNOWN for a service that does not exist', async () => {
    const { address } = await start();
    const [answer] = await once(watchHealth(address, 'test.v1.None'), 'data');
    expect(answer).toEqual({ status: 'SERVICE_UNKNOWN' });
  });

  test('List has every service', async () => {
    const { address, readiness } = await start();
    readiness.ready();
    const { statuses } = await call(client(address, healthService), 'list', {});
    expect(statuses).toEqual({
      '': { status: 'SERVING' },
      'test.v1.EchoService': { status: 'SERVING' },
    });
  });

  test('Check is NOT_FOUND for a service that does not exist', async () => {
    const { address } = await start();
    const failed = call(client(address, healthService), 'check', { service: 'test.v1.None' });
    await expect(failed).rejects.toMatchObject({ code: status.NOT_FOUND });
  });
});

test('a method that does not exist is UNIMPLEMENTED', async () => {
  const { address } = await start();
  const other = { none: { ...echoService.echo, path: '/test.v1.EchoService/None' } };
  await expect(call(client(address, other), 'none', Buffer.of())).rejects.toMatchObject({
    code: status.UNIMPLEMENTED,
  });
});

test('a second reflection stream is RESOURCE_EXHAUSTED', async () => {
  const { address } = await start();
  const reflection = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
  const ask = () => callRaw(rawGrpc(address), Buffer.of(), { ':path': reflection });
  expect((await ask()).grpc).toBe(status.OK);
  const held = await openCalls(address, reflection, 1);
  await vi.waitFor(async () => expect((await ask()).grpc).toBe(status.RESOURCE_EXHAUSTED));
  held.destroy();
  await vi.waitFor(async () => expect((await ask()).grpc).toBe(status.OK));
});

describe('listening', () => {
  test('on an IPv6 address', async () => {
    const { address } = await start(undefined, '::1');
    expect(await call(client(address, echoService), 'echo', Buffer.of(1))).toEqual(Buffer.of(1));
  });

  test('on a port in use fails', async () => {
    const { address } = await start();
    const failed = start(undefined, '127.0.0.1', Number(address.split(':').at(-1)));
    await expect(failed).rejects.toThrow('EADDRINUSE');
  });
});

describe('closing', () => {
  test('waits for calls in flight', async () => {
    const arrived = Promise.withResolvers<void>();
    const release = Promise.withResolvers<Buffer>();
    const { address, server } = await start(() => {
      arrived.resolve();
      return release.promise;
    });
    const slow = call(client(address, echoService), 'echo', Buffer.of());
    await arrived.promise;
    const onClosed = vi.fn();
    const closed = server.close().then(onClosed);
    await sleep(200); // longer than it takes to close a server that nobody calls
    expect(onClosed).not.toHaveBeenCalled();
    release.resolve(Buffer.of(1));
    expect(await slow).toEqual(Buffer.of(1));
    await closed;
  });

  test('does not wait for a health watch, which never ends', async () => {
    const { address, server } = await start();
    const watch = watchHealth(address);
    await once(watch, 'data');
    const started = performance.now();
    await server.close();
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
