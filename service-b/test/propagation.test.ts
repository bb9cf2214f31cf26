import { startFakeServiceA } from '@my-app/test-support/fake-service-a';
import { send } from '@my-app/test-support/http';
import { startServiceB } from '@my-app/test-support/services';
import { expect, test } from 'vitest';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test('request id, trace and deadline reach Service A, even without a tracing SDK', async () => {
  const a = await startFakeServiceA();
  const b = await startServiceB(a, {
    SERVICE_A_DEADLINE_MS: 5000,
    SERVICE_A_ATTEMPT_TIMEOUT_MS: 4000,
  });
  const sent = Date.now();
  const answer = await send(`${b.http}/ping_service_a?name=Ada`, {
    headers: { traceparent, tracestate: 'vendor=1', 'x-request-id': 'of-the-caller' },
  });

  const [call] = a.calls;
  expect(call?.request).toEqual({ name: 'Ada' });
  expect(call?.metadata.getMap()).toMatchObject({
    traceparent,
    tracestate: 'vendor=1',
    'x-request-id': 'of-the-caller',
  });
  const remaining = Number(call?.getDeadline()) - sent;
  expect(remaining).toBeGreaterThan(3500);
  expect(remaining).toBeLessThan(5000);
  expect(answer.headers['x-request-id']).toBe('of-the-caller');
});

test('a request id that is unsafe for logs is replaced for both services', async () => {
  const a = await startFakeServiceA();
  const b = await startServiceB(a);
  const unsafe = { 'x-request-id': 'bad id' };
  const { headers } = await send(`${b.http}/ping_service_a`, { headers: unsafe });
  expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  expect(a.calls[0]?.metadata.get('x-request-id')).toEqual([headers['x-request-id']]);
});
