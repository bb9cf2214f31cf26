import { atEnd } from '@my-app/test-support/cleanup';
import { namespace, release } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { apply, get, kubectl, node } from '@my-app/test-support/cluster/kubectl';
import { allTargets, expectNoFailures, startLoad } from '@my-app/test-support/cluster/load';
import { nodePod } from '@my-app/test-support/cluster/node-pod';
import { helm } from '@my-app/test-support/cluster/release';
import { beforeAll, expect, test } from 'vitest';
import { services } from '../../../tools/services.ts';
import { restart } from '../production.ts';
import { installMeshed } from './setup.ts';

const a = `http://${release}-service-a:8011/greeting`;
const b = `http://${release}-service-b:8012/ping_service_a`;

beforeAll(async () => {
  const wait = ['--eval', 'setTimeout(() => {}, 600_000)'];
  const outside = nodePod('outside', wait);
  Object.assign(outside.metadata.labels, { 'sidecar.istio.io/inject': 'false' });
  atEnd(() => kubectl('delete', 'pod', 'inside', 'outside', '--now'));
  await apply(nodePod('inside', wait), outside);
  await kubectl('wait', 'pod/inside', 'pod/outside', '--for=condition=Ready', '--timeout=120s');
});

test('a rolling restart of both services, with sidecars, fails no request', async () => {
  for (const service of services) {
    for (const { spec } of await podsWithSpec(service)) {
      const names = [...(spec.initContainers ?? []), ...spec.containers].map(({ name }) => name);
      expect(names).toContain('istio-proxy');
    }
  }
  const { ping, proxy } = allTargets();
  const load = await startLoad({ ping, proxy });
  for (const service of services) await restart(service);
  expectNoFailures(await load.stop());
});

test("the mesh balances B's calls over every pod of A", async () => {
  const load = await startLoad({ ping: { ...allTargets().ping, perSecond: 60 } });
  await eventually(
    async () => {
      for (const { metadata } of await podsWithSpec('service-a')) {
        expect(await node<number>(metadata.name, countCalls)).toBeGreaterThan(0);
      }
    },
    { withinMs: 30_000 },
  );
  expectNoFailures(await load.stop());
});

test('a pod outside the mesh can reach neither', async () => {
  expect(await ask('outside', a)).toMatch(/ECONNRESET|other side closed/);
  expect(await ask('outside', b)).toMatch(/ECONNRESET|other side closed/);
});

test('a pod in the mesh can reach B, but not A', async () => {
  expect(await ask('inside', b)).toMatch(/^200 /);
  expect(await ask('inside', a)).toBe('403 RBAC: access denied');
});

test('the admin port can be scraped without a sidecar', async () => {
  const [pod] = await podsWithSpec('service-a');
  expect(await ask('outside', `http://${pod?.status.podIP}:9011/metrics`)).toMatch(/^200 /);
});

test('helm test passes for B, and is denied for A', async () => {
  const run = (service: string) =>
    helm('test', release, '--filter', `name=${release}-${service}-test`, '--timeout', '90s');
  await run('service-b');
  await expect(run('service-a')).rejects.toThrow('403');
});

test('with the values of the recipe, clients reach B through a gateway with a certificate, and only so', async () => {
  await apply(issuer);
  atEnd(() => kubectl('delete', `clusterissuer/${issuer.metadata.name}`));
  await installMeshed('--values', 'charts/my-app/ci/exposed-values.yaml');
  const { data } = await eventually(
    () => get<{ data: Record<'tls.crt', string> }>('secret/public-tls'),
    { withinMs: 60_000 },
  );
  const call = () => node<string>('outside', callGateway, data['tls.crt']);
  await eventually(async () => expect(await call()).toMatch(/^200 .*Hello/), { withinMs: 90_000 });
  // The sidecar gives up before the client does.
  await eventually(async () => expect(await ask('inside', b)).not.toMatch(/^200 /), {
    withinMs: 30_000,
  });
  expect(await call()).toMatch(/^200 /);
});

/** In place of Let's Encrypt. */
const issuer = {
  apiVersion: 'cert-manager.io/v1',
  kind: 'ClusterIssuer',
  metadata: { name: 'letsencrypt' },
  spec: { selfSigned: {} },
};

/** Status and body of an answer through the gateway, whose certificate is checked, or why there is none. */
const callGateway = `
import { get } from 'node:https';
const servername = 'api.example.com';
const ca = Buffer.from(process.argv[1], 'base64');
const options = { host: 'public-istio', servername, ca, path: '/ping_service_a', timeout: 10_000 };
get({ ...options, headers: { host: servername } }, async (response) => {
  console.log(JSON.stringify(response.statusCode + ' ' + (await response.toArray()).join('')));
}).on('error', ({ message }) => console.log(JSON.stringify(message)));
`;

interface Injected {
  metadata: { name: string };
  spec: { initContainers?: { name: string }[]; containers: { name: string }[] };
  status: { podIP: string };
}

async function podsWithSpec(service: string): Promise<Injected[]> {
  const selector = `app.kubernetes.io/name=${service},app.kubernetes.io/instance=${release}`;
  const { items } = await get<{ items: Injected[] }>('pods', '--selector', selector);
  expect(items, namespace).not.toHaveLength(0);
  return items;
}

/** Status and body of an answer, or why there is none. */
const ask = (pod: string, url: string) =>
  node<string>(
    pod,
    `
    const text = await fetch(process.argv[1], { signal: AbortSignal.timeout(10_000) }).then(
      async (response) => response.status + ' ' + (await response.text()).slice(0, 100),
      ({ message, cause }) => message + ' ' + cause?.code + ' ' + cause?.message,
    );
    console.log(JSON.stringify(text));
    `,
    url,
  );

const countCalls = `
const text = await (await fetch('http://localhost:9011/metrics')).text();
const counts = text.matchAll(/^rpc_server_call_duration_seconds_count{.*Greet.*} (\\d+)$/gm);
console.log([...counts].reduce((sum, [, count]) => sum + Number(count), 0));
`;
