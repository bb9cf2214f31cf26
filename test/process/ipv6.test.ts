import { startFakeHttp } from '@my-app/test-support/fake-http';
import { greetingClient } from '@my-app/test-support/grpc';
import { send } from '@my-app/test-support/http';
import { type ServiceProcess, spawnService } from '@my-app/test-support/processes';
import type { Env } from '@my-app/test-support/services';
import { expect, test } from 'vitest';

const byDefault: Env = { HOST: '' };

/** Node.js finds no IPv6, as on a kernel without it: binding is the first system call that needs it. */
const withoutIpv6 = `data:text/javascript,${encodeURIComponent(`
  import { constants } from 'node:os';
  process.binding('tcp_wrap').TCP.prototype.bind6 = () => -constants.errno.EAFNOSUPPORT;`)}`;

async function expectAnswers({ ports }: ServiceProcess, host: string): Promise<void> {
  expect((await send(`http://${host}:${ports.http}/greeting`)).status).toBe(200);
  expect((await send(`http://${host}:${ports.admin}/livez`)).status).toBe(200);
  await expect(greetingClient(`${host}:${ports.grpc}`)('Ada')).resolves.toContain('Ada');
}

test.each(['127.0.0.1', '[::1]'])('HTTP, gRPC and admin answer on %s by default', async (host) => {
  await expectAnswers(await spawnService('service-a', byDefault), host);
});

test.each(['', '::'])('with HOST="%s" a node without IPv6 is served over IPv4', async (HOST) => {
  const a = await spawnService('service-a', { HOST, NODE_OPTIONS: `--import=${withoutIpv6}` });
  await expectAnswers(a, '127.0.0.1');
  await expect(send(`http://[::1]:${a.ports.http}/greeting`)).rejects.toThrow('ECONNREFUSED');
});

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['[::1]', '::1'],
])('a client from %s is passed on as %s', async (host, expected) => {
  const a = await startFakeHttp();
  const b = await spawnService('service-b', { SERVICE_A_HTTP_URL: a.http, ...byDefault });
  await send(`http://${host}:${b.ports.http}/service_a/x`);
  expect(a.requests[0]?.headers['x-forwarded-for']).toBe(expected);
});
