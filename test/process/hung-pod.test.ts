import { setTimeout as sleep } from 'node:timers/promises';
import { createName } from '@my-app/test-support/fake-dns';
import { keepAliveAgent, send } from '@my-app/test-support/http';
import { freePorts } from '@my-app/test-support/ports';
import { spawnService } from '@my-app/test-support/processes';
import { startServiceB } from '@my-app/test-support/services';
import { expect, test } from 'vitest';

test('a hung instance of Service A slows down at most one request a second, and soon none', async () => {
  const [port] = await freePorts(1);
  const start = (HOST: string) => spawnService('service-a', { HOST, GRPC_PORT: `${port}` });
  const [hung] = await Promise.all([start('127.0.0.1'), start('127.0.0.2')]);
  const name = createName('127.0.0.1', '127.0.0.2');
  const b = await startServiceB({ grpc: `${name.host}:${port}` });
  const agent = keepAliveAgent();
  const answers: { second: number; status: number; ms: number }[] = [];
  let started = performance.now();
  const ping = async (): Promise<void> => {
    const sent = performance.now();
    const { status } = await send(`${b.http}/ping_service_a`, { agent });
    const second = Math.floor((sent - started) / 1000);
    answers.push({ second, status, ms: performance.now() - sent });
  };
  for (let i = 0; i < 10; i++) await ping(); // connected to both

  hung.kill('SIGSTOP');
  answers.length = 0;
  started = performance.now();
  const pings: Promise<void>[] = [];
  for (let i = 0; i < 160; i++) {
    pings.push(ping());
    await sleep(Math.max(0, started + (i + 1) * 50 - performance.now()));
  }
  await Promise.all(pings);
  const failed = answers.filter(({ status }) => status !== 200);
  for (let second = 0; second < 8; second++) {
    const most = second < 3 ? 1 : 0;
    expect(failed.filter((answer) => answer.second === second).length).toBeLessThanOrEqual(most);
  }
  // Only an occasional trial is slow.
  const late = answers.filter(({ second, ms }) => second > 0 && ms > 300);
  expect(late.length).toBeLessThan(8);

  hung.kill('SIGCONT');
});
