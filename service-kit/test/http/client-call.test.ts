import { ROOT_CONTEXT } from '@opentelemetry/api';
import { expect, test } from 'vitest';
import { HttpClientCall } from '../../src/http/client-call.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';

test.each([
  ['http://a:8011/x', 8011],
  ['http://a/x', 80],
  ['https://a/x', 443],
])('%s is counted with port %i', async (url, port) => {
  const metrics = createMetrics();
  const call = new HttpClientCall({
    method: 'GET',
    url: new URL(url),
    parent: ROOT_CONTEXT,
    metrics,
  });
  call.finish(200);
  const { values } = await metrics.httpClientDuration.get();
  expect(values[0]?.labels).toMatchObject({ server_address: 'a', server_port: port });
  expect(values[0]?.labels).not.toHaveProperty('error_type');
});
