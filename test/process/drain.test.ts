import { startBalancer } from '@my-app/test-support/balancer';
import { createName } from '@my-app/test-support/fake-dns';
import { keepAliveAgent, send } from '@my-app/test-support/http';
import { type Load, startLoad } from '@my-app/test-support/load';
import { type ServiceProcess, spawnService } from '@my-app/test-support/processes';
import { addressOf, patientEnv, startServiceA, startServiceB } from '@my-app/test-support/services';
import { expect, test, vi } from 'vitest';

const drainEnv = { DRAIN_DELAY_MS: 400, SHUTDOWN_TIMEOUT_MS: 5000 };

/** Requests of both kinds over keep-alive connections. */
function loadOf(url: string): Load {
  const agent = keepAliveAgent();
  let count = 0;
  return startLoad(
    async () => {
      const path = count++ % 2 ? '/ping_service_a' : '/service_a/greeting';
      const { status, text } = await send(`${url}${path}`, { agent });
      return status === 200 ? status : `${status} ${text}`;
    },
    { concurrency: 6 },
  );
}

async function expectCleanExit(service: ServiceProcess): Promise<void> {
  const signalled = performance.now();
  service.kill('SIGTERM');
  const { code, stderr } = await service.exited;
  expect([code, stderr]).toEqual([0, '']);
  expect(performance.now() - signalled).toBeLessThan(drainEnv.SHUTDOWN_TIMEOUT_MS);
}

test('Service B drains on SIGTERM, and no request fails', async () => {
  const a = await startServiceA();
  const env = { ...addressOf(a), ...patientEnv, ...drainEnv };
  const [leaving, staying] = await Promise.all([
    spawnService('service-b', env),
    spawnService('service-b', env),
  ]);
  const load = loadOf(await startBalancer([leaving, staying]));
  await load.answered(200);
  await expectCleanExit(leaving);
  await load.answered(200);
  expect(Object.keys((await load.stop()).statuses)).toEqual(['200']);
});

test('Service A drains on SIGTERM, and no request fails', async () => {
  const leaving = await spawnService('service-a', drainEnv);
  const staying = await spawnService('service-a', {
    ...drainEnv,
    HOST: '127.0.0.2',
    GRPC_PORT: leaving.ports.grpc as number,
  });
  const name = createName('127.0.0.1', '127.0.0.2');
  const b = await startServiceB(
    {
      grpc: `${name.host}:${leaving.ports.grpc}`,
      http: await startBalancer([leaving, staying]),
    },
    patientEnv,
  );
  const load = loadOf(b.http);
  await load.answered(200);
  const exited = expectCleanExit(leaving);
  await vi.waitFor(async () => expect((await send(`${leaving.admin}/readyz`)).status).toBe(503));
  name.addresses = ['127.0.0.2'];
  await exited;
  await load.answered(200);
  expect(Object.keys((await load.stop()).statuses)).toEqual(['200']);
});
