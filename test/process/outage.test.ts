import { createName } from '@my-app/test-support/fake-dns';
import { keepAliveAgent, send } from '@my-app/test-support/http';
import { percentile, startLoad } from '@my-app/test-support/load';
import { spawnService } from '@my-app/test-support/processes';
import { patientEnv, startServiceB } from '@my-app/test-support/services';
import { expect, test, vi } from 'vitest';

test('Service B becomes ready without Service A and connects once it is up', async () => {
  const { ports, kill, exited } = await spawnService('service-a'); // only to get a free port
  kill('SIGKILL');
  await exited;
  const b = await startServiceB({ grpc: `localhost:${ports.grpc}` });

  const answer = await send(`${b.http}/ping_service_a`);
  expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
  expect((await send(`${b.admin}/readyz`)).status).toBe(200);

  await spawnService('service-a', { GRPC_PORT: ports.grpc as number });
  const cameBack = performance.now();
  await vi.waitFor(async () => expect((await send(`${b.http}/ping_service_a`)).status).toBe(200), {
    timeout: 5000,
    interval: 20,
  });
  expect(performance.now() - cameBack).toBeLessThan(2000);
});

test('killing Service A under load causes only fast 503s', async () => {
  const first = await spawnService('service-a');
  const b = await startServiceB(first);
  const agent = keepAliveAgent();
  const wrong: unknown[] = [];
  const load = startLoad(async () => {
    const { status, headers, text } = await send(`${b.http}/ping_service_a`, { agent });
    const problem = headers['content-type'] === 'application/problem+json; charset=utf-8';
    const correct = status === 200 || (status === 503 && problem && headers['retry-after'] === '1');
    if (!correct) wrong.push({ status, headers, text });
    return status;
  });
  await load.answered(100);

  first.kill('SIGKILL');
  const beforeOutage = load.result.total;
  await first.exited;
  await load.answered(200);
  const during = load.result.latencies.slice(beforeOutage);
  expect(percentile(during, 0.95)).toBeLessThan(500); // well below the deadline of 1000

  const again = await spawnService('service-a', { GRPC_PORT: first.ports.grpc as number });
  const cameBack = performance.now();
  let lost: number;
  do {
    lost = load.result.statuses[503] ?? 0;
    await load.answered(50);
  } while (load.result.statuses[503] !== lost && performance.now() - cameBack < 5000);
  expect(performance.now() - cameBack).toBeLessThan(2000);

  const { statuses } = await load.stop();
  expect(Object.keys(statuses).sort()).toEqual(['200', '503']);
  expect(wrong).toEqual([]);
  // The last log lines may still be in the pipe.
  await vi.waitFor(() => {
    const calls = again.logs.filter(({ msg }) => msg === 'call');
    expect(calls.length).toBeGreaterThan(50);
  });
});

test('no request fails when one of two instances of Service A is killed under load', async () => {
  const doomed = await spawnService('service-a');
  const port = doomed.ports.grpc as number;
  await spawnService('service-a', { HOST: '127.0.0.2', GRPC_PORT: port });
  const name = createName('127.0.0.1', '127.0.0.2');
  const b = await startServiceB({ grpc: `${name.host}:${port}` }, patientEnv);
  const agent = keepAliveAgent();
  const load = startLoad(async () => (await send(`${b.http}/ping_service_a`, { agent })).status);
  await load.answered(200);
  doomed.kill('SIGKILL');
  await doomed.exited;
  await load.answered(200);
  expect(Object.keys((await load.stop()).statuses)).toEqual(['200']);
});

test('a frozen Service A times out, then fails fast, and recovers', async () => {
  const a = await spawnService('service-a');
  const b = await startServiceB(a, { SERVICE_A_DEADLINE_MS: 300 });
  const ping = async (): Promise<number> => (await send(`${b.http}/ping_service_a`)).status;
  expect(await ping()).toBe(200);

  a.kill('SIGSTOP');
  const statuses: number[] = [];
  while (!statuses.includes(503)) statuses.push(await ping());
  // Five calls of which half failed open the circuit. A deadline that is missed while this process is late itself does not count.
  expect(statuses.slice(0, 4)).toEqual([504, 504, 504, 504]);
  expect(statuses.length).toBeLessThan(10);

  a.kill('SIGCONT');
  const thawed = performance.now();
  await vi.waitFor(async () => expect(await ping()).toBe(200), { timeout: 5000, interval: 20 });
  expect(performance.now() - thawed).toBeLessThan(2000);
});
