import { send } from '@my-app/test-support/http';
import { spawnService } from '@my-app/test-support/processes';
import { startServiceA } from '@my-app/test-support/services';
import { expect, test } from 'vitest';

const post = (admin: string, body: unknown) =>
  send(`${admin}/faults`, { method: 'POST', body: JSON.stringify(body) });

test('faults are rejected unless a setting enables them', async () => {
  const a = await startServiceA();
  const answer = await post(a.admin, { error_rate: 1 });
  expect(answer).toMatchObject({
    status: 403,
    json: { status: expect.stringContaining('FAULTS_ENABLED') },
  });
  expect((await send(`${a.http}/greeting`)).status).toBe(200);
});

test('faults can be set and cleared at run time, and /readyz shows them', async () => {
  const a = await startServiceA({ FAULTS_ENABLED: 'true' });
  expect((await post(a.admin, { error_rate: 1 })).json).toEqual({ delay_ms: 0, error_rate: 1 });
  expect((await send(`${a.http}/greeting`)).status).toBe(500);
  expect((await send(`${a.admin}/readyz`)).json).toMatchObject({
    status: 'ready',
    faults: 'faults are injected: requests are delayed by 0 ms, 100 % fail',
  });

  await post(a.admin, { delay_ms: 100 });
  const started = performance.now();
  expect((await send(`${a.http}/greeting`)).status).toBe(200);
  expect(performance.now() - started).toBeGreaterThanOrEqual(99);

  await post(a.admin, {});
  expect((await send(`${a.admin}/faults`)).json).toEqual({ delay_ms: 0, error_rate: 0 });
  expect((await send(`${a.admin}/readyz`)).json).toMatchObject({ faults: 'none' });
});

test('a fault is logged', async () => {
  const a = await spawnService('service-a', { FAULTS_ENABLED: 'true' });
  await post(a.admin, { error_rate: 1 });
  await a.logged(({ msg, faults }) => msg === 'fault injection' && `${faults}`.includes('100 %'));
});

test.each([
  [{ error_rate: 2 }, 'error_rate'],
  [{ delay_ms: -1 }, 'delay_ms'],
  [{ rate: 0.5 }, 'rate'],
])('%j is a bad request with the reason', async (body, reason) => {
  const a = await startServiceA({ FAULTS_ENABLED: 'true' });
  const answer = await post(a.admin, body);
  expect(answer.status).toBe(400);
  expect(JSON.stringify(answer.json)).toContain(reason);
});
