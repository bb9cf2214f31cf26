import { status } from '@grpc/grpc-js';
import { startFakeHttp } from '@my-app/test-support/fake-http';
import { callRaw, frame, rawGrpc } from '@my-app/test-support/raw-grpc';
import { expect, test, vi } from 'vitest';
import { grpcService } from '../../src/grpc/server/service.ts';
import type { CallContext } from '../../src/runtime/call-context.ts';
import { grpcClient, httpClient } from '../support/clients.ts';
import { echoService, serve, start } from '../support/echo.ts';
import { captureLogs } from '../support/logs.ts';
import { countsOf } from '../support/metrics.ts';

/** The status of one call of the echo service, with this much time. */
async function callWithin(address: string, ms: number): Promise<number | undefined> {
  const headers = { ':path': echoService.echo.path, 'grpc-timeout': `${ms}m` };
  return (await callRaw(rawGrpc(address), frame(Buffer.of()), headers)).grpc;
}

test('a deadline shrinks along three hops, whatever each of them would allow', async () => {
  const left: number[] = [];
  const record = (deadline: number): void => void left.push(deadline - performance.now());
  const third = await start((request, { deadline }) => {
    record(deadline);
    return request;
  });
  const toThird = grpcClient(echoService, third.address);
  const second = await start((request, context) => {
    record(context.deadline);
    return toThird.echo(request, context);
  });
  const toSecond = grpcClient(echoService, second.address);
  const first = await start((request, context) => {
    record(context.deadline);
    return toSecond.echo(request, context);
  });
  expect(await callWithin(first.address, 5000)).toBe(status.OK);
  expect(left).toHaveLength(3);
  expect(Math.max(...left)).toBeLessThanOrEqual(5010);
  expect(left).toEqual(left.toSorted((one, other) => other - one));
});

test('a call over HTTP ends when the caller stops waiting', async () => {
  const a = await startFakeHttp(() => {});
  const http = httpClient(a.http);
  const ended = Promise.withResolvers<unknown>();
  const server = await start(async (_request, context) => {
    const call = http.send({ method: 'GET', path: '/', headers: {} }, context);
    const error = await call.catch((reason: unknown) => reason);
    ended.resolve(error);
    throw error;
  });
  const started = performance.now();
  expect(await callWithin(server.address, 500)).toBe(status.DEADLINE_EXCEEDED);
  expect(await ended.promise).toMatchObject({ name: 'CallError' });
  expect(performance.now() - started).toBeLessThan(5000); // half of the client's own deadline
});

test('a call that its deadline ends is counted once, and logged', async () => {
  const { logger, lines } = captureLogs();
  const echo = (_request: Buffer, { signal }: CallContext): Promise<Buffer> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const { address, metrics } = await serve([grpcService(echoService, { echo })], { logger });
  expect(await callWithin(address, 200)).toBe(status.DEADLINE_EXCEEDED);
  await vi.waitFor(() => expect(lines).toHaveLength(1));
  expect(lines).toMatchObject([{ msg: 'call', rpc_status_code: 'DEADLINE_EXCEEDED' }]);
  expect(await countsOf(metrics.rpcServerDuration)).toMatchObject([
    { value: 1, labels: { rpc_status_code: 'DEADLINE_EXCEEDED' } },
  ]);
});
