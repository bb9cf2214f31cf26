/** Safe for any release, even one in use: `mise run e2e --namespace staging` runs only this file. */

import { release } from '@my-app/test-support/cluster/environment';
import { greet } from '@my-app/test-support/cluster/greet';
import { get } from '@my-app/test-support/cluster/kubectl';
import { onePod } from '@my-app/test-support/cluster/pods';
import { portForward } from '@my-app/test-support/cluster/port-forward';
import { helm } from '@my-app/test-support/cluster/release';
import { expect, it } from 'vitest';
import { portsOf, services } from '../../tools/services.ts';

it('a ping passes through both services', async () => {
  const address = await portForward(`service/${release}-service-b`, 8012);
  const response = await fetch(`http://${address}/ping_service_a?name=Ada`);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    message: 'Hello from Service B!',
    service_a: { message: 'Hello Ada, from Service A!' },
  });
});

it("B forwards requests to A's HTTP API", async () => {
  const address = await portForward(`service/${release}-service-b`, 8012);
  const response = await fetch(`http://${address}/service_a/greeting?name=Ada`);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ message: 'Hello Ada, from Service A!' });
});

it('Service A responds over HTTP and gRPC', async () => {
  const [http, grpc] = await Promise.all([
    portForward(`service/${release}-service-a`, 8011),
    portForward(`service/${release}-service-a`, 50051),
  ]);
  const response = await fetch(`http://${http}/greeting`);
  expect(await response.json()).toEqual({ message: 'Hello from Service A!' });
  expect(await greet(grpc)).toBe('Hello from Service A!');
});

it.each(services)('%s serves its API page from the image', async (service) => {
  const { http = 0 } = await portsOf(service);
  const address = await portForward(`service/${release}-${service}`, http);
  for (const path of ['/docs', '/docs/swagger-ui-bundle.js', '/openapi.json']) {
    expect((await fetch(`http://${address}${path}`)).status, path).toBe(200);
  }
});

it.each(services)('%s is live and ready, and has metrics', async (service) => {
  const { metadata } = await onePod(service);
  const { admin = 0 } = await portsOf(service);
  const address = await portForward(`pod/${metadata.name}`, admin);
  const ask = (path: string) => fetch(`http://${address}${path}`);
  expect(await (await ask('/livez')).json()).toEqual({ status: 'live' });
  expect(await (await ask('/readyz')).json()).toEqual({ status: 'ready' });
  expect(await (await ask('/metrics')).text()).toContain('http_server_request_duration_seconds');
});

it.each(services)('%s is probed by the kubelet', async (service) => {
  const deployment = await get<{
    spec: { template: { spec: { containers: Record<string, unknown>[] } } };
  }>(`deployment/${release}-${service}`);
  const [container] = deployment.spec.template.spec.containers;
  const ready = { httpGet: { path: '/readyz', port: 'admin' } };
  const { grpc } = await portsOf(service);
  expect(container).toMatchObject({
    startupProbe: ready,
    readinessProbe: grpc ? { grpc: { port: grpc } } : ready,
    livenessProbe: { httpGet: { path: '/livez', port: 'admin' } },
  });
});

it('helm test passes', async () => {
  expect(await helm('test', release, '--timeout', '60s')).toMatch(/Phase:\s+Succeeded/);
});
