import { credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { atEnd } from '@my-app/test-support/cleanup';
import { startFakeHttp } from '@my-app/test-support/fake-http';
import { callRaw, frame, rawGrpc } from '@my-app/test-support/raw-grpc';
import { expect, test, vi } from 'vitest';
import { createGrpcClient } from '../../src/grpc/client/client.ts';
import { grpcService } from '../../src/grpc/server/service.ts';
import { createHttpClient } from '../../src/http/client.ts';
import type { CallContext } from '../../src/runtime/call-context.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { client, echoService, serve, start } from '../support/echo.ts';
import { captureLogs, silent } from '../support/logs.ts';

const patient = { name: 'peer', deadlineMs: 30_000, attemptTimeoutMs: 30_000, logger: silent };

/** What a service passes on to the next one: over gRPC, as its handler does. */
function next(address: string) {
  const peer = createGrpcClient(echoService, {
    ...patient,
    address,
    credentials: credentials.createInsecure(),
    metrics: createMetrics(),
  });
  atEnd(() => peer.close());
  return peer;
}

/** Calls the echo service once, with this much time. */
function callWithin(address: string, ms: number): Promise<number | undefined> {
  const channel = client(address, echoService);
  const { path, requestSerialize, responseDeserialize } = echoService.echo;
  return new Promise((resolve) => {
    const options = { deadline: Date.now() + ms };
    const done = (error: ServiceError | null) => resolve(error?.code);
    channel.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      Buffer.alloc(0),
      new Metadata(),
      options,
      done,
    );
  });
}

test('a deadline shrinks along three hops, whatever each of them would allow', async () => {
  const left: number[] = [];
  const record = (deadline: number): void => void left.push(deadline - performance.now());
  const third = await start((request, { deadline }) => {
    record(deadline);
    return request;
  });
  const toThird = next(third.address);
  const second = await start((request, context) => {
    record(context.deadline);
    return toThird.echo(request, context);
  });
  const toSecond = next(second.address);
  const first = await start((request, context) => {
    record(context.deadline);
    return toSecond.echo(request, context);
  });
  expect(await callWithin(first.address, 5000)).toBeUndefined();
  expect(left).toHaveLength(3);
  expect(Math.max(...left)).toBeLessThanOrEqual(5010);
  expect(left).toEqual(left.toSorted((one, other) => other - one));
});

test('a call over HTTP ends when the caller stops waiting', async () => {
  const a = await startFakeHttp(() => {});
  const http = createHttpClient({ ...patient, url: a.http, metrics: createMetrics() });
  atEnd(() => http.close());
  const ended = Promise.withResolvers<unknown>();
  const server = await start(async (request, context) => {
    const call = http.send({ method: 'GET', path: '/', headers: {} }, context);
    ended.resolve(await call.catch((error: unknown) => error));
    return request;
  });
  expect(await callWithin(server.address, 500)).toBe(4); // DEADLINE_EXCEEDED
  expect(await ended.promise).toMatchObject({ name: 'CallError' });
});

test('a call that its deadline ends is counted once, and logged', async () => {
  const { logger, lines } = captureLogs();
  const echo = (_request: Buffer, { signal }: CallContext): Promise<Buffer> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const { address, metrics } = await serve([grpcService(echoService, { echo })], { logger });
  const headers = { ':path': echoService.echo.path, 'grpc-timeout': '200m' };
  const { grpc } = await callRaw(rawGrpc(address), frame(Buffer.of()), headers);
  expect(grpc).toBe(status.DEADLINE_EXCEEDED);
  await vi.waitFor(() => expect(lines).toHaveLength(1));
  expect(lines).toMatchObject([{ msg: 'call', rpc_status_code: 'DEADLINE_EXCEEDED' }]);
  const { values } = await metrics.rpcServerDuration.get();
  const counts = values.filter(({ metricName, value }) => metricName?.endsWith('_count') && value);
  expect(counts).toMatchObject([{ value: 1, labels: { rpc_status_code: 'DEADLINE_EXCEEDED' } }]);
});
