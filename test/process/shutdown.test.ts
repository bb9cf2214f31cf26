import { once } from 'node:events';
import { connect } from 'node:net';
import { status } from '@grpc/grpc-js';
import { atEnd } from '@my-app/test-support/cleanup';
import { greetingClient } from '@my-app/test-support/grpc';
import { keepAliveAgent, send } from '@my-app/test-support/http';
import { metric } from '@my-app/test-support/metrics';
import { runService, spawnService } from '@my-app/test-support/processes';
import { startServiceA } from '@my-app/test-support/services';
import { expect, test, vi } from 'vitest';

const underWay = async (admin: string, name: string): Promise<void> => {
  await vi.waitFor(async () => expect(await metric(admin, name)).toBe(1));
};

test.for(['SIGTERM', 'SIGHUP'] as const)('requests in flight finish after %s', async (signal) => {
  const a = await spawnService('service-a', { FAULT_DELAY_MS: 1000 });
  const greeting = greetingClient(a.grpc)('Ada');
  const http = send(`${a.http}/greeting`, { agent: keepAliveAgent() });
  await underWay(a.admin, 'rpc_server_active_calls');
  await underWay(a.admin, 'http_server_active_requests');

  a.kill(signal);
  await a.logged(({ msg }) => msg === 'draining');
  await expect(greeting).resolves.toBe('Hello Ada, from Service A!');
  const { status: code, headers } = await http;
  expect([code, headers.connection]).toEqual([200, 'close']);
  expect((await a.exited).code).toBe(0);
  expect(a.logs.at(-1)).toMatchObject({ msg: 'stopped' });
});

test('idle and unused connections do not delay the shutdown', async () => {
  const a = await startServiceA();
  await send(`${a.http}/greeting`, { agent: keepAliveAgent() });
  for (const { port } of [new URL(a.http), new URL(`http://${a.grpc}`), new URL(a.admin)]) {
    const unused = connect(Number(port), '127.0.0.1').on('error', () => {});
    await once(unused, 'connect');
    atEnd(() => unused.destroy());
  }
  const greet = greetingClient(a.grpc);
  await greet();
  const started = performance.now();
  await a.stop();
  expect(performance.now() - started).toBeLessThan(1000);
  await expect(greet()).rejects.toMatchObject({ code: status.UNAVAILABLE });
});

test.for([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('a second %s ends it at once, with %i', async ([signal, code]) => {
  const a = await spawnService('service-a', { FAULT_DELAY_MS: 20_000 });
  greetingClient(a.grpc)().catch(() => {});
  await underWay(a.admin, 'rpc_server_active_calls');
  a.kill(signal);
  await a.logged(({ msg }) => msg === 'draining');
  const second = performance.now();
  a.kill(signal);
  expect(await a.exited).toMatchObject({ code });
  expect(performance.now() - second).toBeLessThan(1000);
});

test.for([
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const)(
  '%s during startup ends the process at once with %i, even as PID 1',
  async ([signal, code]) => {
    // PID 1 ignores signals without a handler. The signal arrives when the first server starts.
    const preload = `
    import net from 'node:net';
    process.on('${signal}', () => {});
    net.Server.prototype.listen = function () {
      setTimeout(() => process.exit(0), 20_000);
      process.kill(process.pid, '${signal}');
      return this;
    };`;
    const started = performance.now();
    const { code: actual } = await runService('service-a', {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}`,
    });
    expect(actual).toBe(code);
    expect(performance.now() - started).toBeLessThan(10_000);
  },
);

test('requests that do not finish in time are aborted, and the exit code is 1', async () => {
  const a = await spawnService('service-a', { FAULT_DELAY_MS: 20_000, SHUTDOWN_TIMEOUT_MS: 500 });
  const greeting = greetingClient(a.grpc)();
  greeting.catch(() => {}); // checked below
  await underWay(a.admin, 'rpc_server_active_calls');
  const signalled = performance.now();
  a.kill('SIGTERM');
  expect((await a.exited).code).toBe(1);
  expect(performance.now() - signalled).toBeGreaterThan(400);
  expect(performance.now() - signalled).toBeLessThan(2000);
  expect(a.logs.at(-1)).toMatchObject({ level: 'fatal', limit_ms: 500 });
  await expect(greeting).rejects.toMatchObject({ code: status.UNAVAILABLE });
});
