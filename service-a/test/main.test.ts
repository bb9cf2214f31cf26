import { status } from '@grpc/grpc-js';
import { greetingClient } from '@my-app/test-support/grpc';
import { send } from '@my-app/test-support/http';
import { startServiceA } from '@my-app/test-support/services';
import { describe, expect, test } from 'vitest';

describe('faults', () => {
  test('are off by default and not shown in /readyz', async () => {
    const a = await startServiceA();
    expect((await send(`${a.admin}/readyz`)).json).toEqual({ status: 'ready' });
  });

  test('are shown in /readyz and apply to both protocols', async () => {
    const a = await startServiceA({ FAULT_ERROR_RATE: 1, FAULT_DELAY_MS: 20 });
    expect((await send(`${a.admin}/readyz`)).json).toEqual({
      status: 'ready',
      faults: 'faults are injected: requests are delayed by 20 ms, 100 % fail',
    });

    const started = performance.now();
    const answer = await send(`${a.http}/greeting`);
    expect(performance.now() - started).toBeGreaterThanOrEqual(19);
    expect(answer).toMatchObject({ status: 500, json: { detail: 'internal error' } });
    await expect(greetingClient(a.grpc)()).rejects.toMatchObject({
      code: status.INTERNAL,
      details: 'internal error',
    });
  });
});
