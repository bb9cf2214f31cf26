import { createServer } from 'node:http';
import { atEnd } from '@my-app/test-support/cleanup';
import { send } from '@my-app/test-support/http';
import { listen } from '@my-app/test-support/listen';
import { spawnService } from '@my-app/test-support/processes';
import { addressOf, startServiceA } from '@my-app/test-support/services';
import { expect, test } from 'vitest';

test('no hop of Service B uses http_proxy from the environment', async () => {
  const proxied: unknown[] = [];
  const proxy = createServer();
  for (const event of ['request', 'connect']) proxy.on(event, ({ url }) => proxied.push(url));
  atEnd(() => proxy.close());
  const url = await listen(proxy);
  const names = [
    'http_proxy',
    'https_proxy',
    'grpc_proxy',
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'ALL_PROXY',
  ];
  const a = await startServiceA();
  const b = await spawnService('service-b', {
    ...addressOf(a),
    ...Object.fromEntries(names.map((name) => [name, url])),
    NODE_USE_ENV_PROXY: 1,
  });
  expect((await send(`${b.http}/ping_service_a`)).status).toBe(200);
  expect((await send(`${b.http}/service_a/greeting`)).status).toBe(200);
  expect(proxied).toEqual([]);
});
