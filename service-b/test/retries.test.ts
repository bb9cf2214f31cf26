import { createName } from '@my-app/test-support/fake-dns';
import { hang, startFakeServiceA } from '@my-app/test-support/fake-service-a';
import { send } from '@my-app/test-support/http';
import { metric } from '@my-app/test-support/metrics';
import { startServiceB } from '@my-app/test-support/services';
import { expect, test } from 'vitest';

const ping = async (b: { http: string }, name = 'ok'): Promise<number> =>
  (await send(`${b.http}/ping_service_a?name=${name}`)).status;

test('if one of two instances of Service A hangs, the other responds', async () => {
  const hanging = await startFakeServiceA();
  const port = Number(hanging.grpc.split(':')[1]);
  const healthy = await startFakeServiceA(undefined, { host: '127.0.0.2', port });
  const name = createName('127.0.0.1', '127.0.0.2');
  const b = await startServiceB(
    { grpc: `${name.host}:${port}` },
    { SERVICE_A_ATTEMPT_TIMEOUT_MS: 500, SERVICE_A_DEADLINE_MS: 10_000 },
  );

  // Connect to both before one of them hangs.
  while (hanging.calls.length === 0 || healthy.calls.length === 0) expect(await ping(b)).toBe(200);
  hanging.behaviour = hang;
  hanging.calls.length = 0;

  for (let i = 0; i < 4; i++) expect(await ping(b)).toBe(200);
  expect(hanging.calls).toHaveLength(1); // after that it is skipped for a second
  // On a slow machine, an attempt at the other one may time out as well.
  expect(await metric(b.admin, 'rpc_client_retries_total')).toBeGreaterThanOrEqual(1);
});
