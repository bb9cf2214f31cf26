import { Metadata, status } from '@grpc/grpc-js';
import { expect, test, vi } from 'vitest';
import { unaryHandler } from '../../../src/grpc/server/unary.ts';
import { createMetrics } from '../../../src/runtime/metrics.ts';
import { captureLogs } from '../../support/logs.ts';

const overload = vi.hoisted(() => ({ isOverloaded: vi.fn(() => false) }));
vi.mock('../../../src/runtime/overload.ts', () => overload);

const { logger, lines } = captureLogs();
const handler = vi.fn(async (request: string) => request);
const handle = unaryHandler<string, string>('/test.v1.Service/Call', handler, {
  logger,
  metrics: createMetrics(),
});
const call = (): Promise<unknown[]> =>
  new Promise((resolve) => {
    const serverCall = { request: 'ada', metadata: new Metadata() };
    handle(serverCall as never, (...answer) => resolve(answer));
  });

test('an overloaded service turns calls away with a status that says to try again', async () => {
  overload.isOverloaded.mockReturnValueOnce(true);
  const [error] = await call();
  expect(error).toMatchObject({ code: status.UNAVAILABLE, details: 'overloaded' });
  expect(handler).not.toHaveBeenCalled();
  expect(lines).toEqual([expect.objectContaining({ msg: 'call', status: 'UNAVAILABLE' })]);

  expect(await call()).toEqual([null, 'ada']);
});

test('what counts is how many calls are in flight', async () => {
  overload.isOverloaded.mockClear();
  await Promise.all([call(), call()]);
  await call();
  expect(overload.isOverloaded.mock.calls).toEqual([[1], [2], [1]]);
});
