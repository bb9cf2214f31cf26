import { Agent } from 'node:http';
import { startFakeHttp } from '@my-app/test-support/fake-http';
import { expect, test } from 'vitest';
import { exchange } from '../../src/http/exchange.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { callContext } from '../support/call-context.ts';

test('an attempt without time left sends nothing, and is counted no attempt', async () => {
  const { http, requests } = await startFakeHttp();
  const metrics = createMetrics();
  const attempt = exchange({
    base: new URL(http),
    address: '127.0.0.1',
    agent: new Agent(),
    request: { method: 'GET', path: '/', headers: {} },
    context: callContext(),
    options: { metrics, attemptTimeoutMs: 100 },
    deadline: performance.now() - 400,
    previous: 0,
    signal: new AbortController().signal,
  });
  await expect(attempt).rejects.toMatchObject({ reason: 'timed_out' });
  expect(requests).toEqual([]);
  expect((await metrics.httpClientDuration.get()).values).toEqual([]);
});
