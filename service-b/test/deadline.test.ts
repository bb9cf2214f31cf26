import { expectAnswersAt } from '@my-app/test-support/http';
import { startServiceA, startServiceB } from '@my-app/test-support/services';
import { expect, test } from 'vitest';

const deadlineMs = 300;

test('a slow Service A results in 504 at most 50 ms after the deadline', async () => {
  const a = await startServiceA({ FAULT_DELAY_MS: 10_000 });
  const b = await startServiceB(a, {
    SERVICE_A_DEADLINE_MS: deadlineMs,
    SERVICE_A_ATTEMPT_TIMEOUT_MS: 100,
  });
  await expectAnswersAt(`${b.http}/ping_service_a`, deadlineMs, ({ status, json }) => {
    expect([status, json.detail]).toEqual([504, 'upstream timed out']);
  });
});
