import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd } from '@my-app/test-support/cleanup';
import { namespace, release } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { apply, get, kubectl, node } from '@my-app/test-support/cluster/kubectl';
import { allTargets, expectNoFailures, startLoad } from '@my-app/test-support/cluster/load';
import { onePod } from '@my-app/test-support/cluster/pods';
import { beforeAll, expect, test } from 'vitest';
import { services } from '../../../tools/services.ts';
import { restart } from '../production.ts';
import { conditionOf } from './support/conditions.ts';
import { allowNamespace, put, scale, tracing } from './support/openbao.ts';

const store = async (token: string) => tracing(token, await inSecret('otlp', 'ca.crt'));

async function inSecret(name = 'otlp', key = 'headers'): Promise<string> {
  const { data } = await get<{ data: Record<string, string> }>(`secret/${name}`);
  return `${Buffer.from(data[key] ?? '', 'base64')}`;
}

/** What the running process of B has, and what its mounted file holds. */
async function inProcess(): Promise<{ environment: string; file: string }> {
  const { metadata } = await onePod('service-b');
  return node(
    metadata.name,
    `
    import { readFileSync } from 'node:fs';
    const variables = readFileSync('/proc/1/environ', 'utf8').split('\\0');
    const variable = variables.find((line) => line.startsWith('OTEL_EXPORTER_OTLP_HEADERS='));
    const environment = variable?.replace(/^.+?=/, '');
    const file = readFileSync('/app/otlp/headers', 'utf8');
    console.log(JSON.stringify({ environment, file }));
    `,
  );
}

// Every 5 minutes, unless the release says otherwise.
beforeAll(() =>
  kubectl(
    'patch',
    'externalsecret/otlp',
    '--type=merge',
    '--patch',
    '{"spec":{"refreshInterval":"10s"}}',
  ),
);

test('a changed value reaches the Secret within its interval, files within two more minutes, the environment after a restart', async () => {
  expect((await inProcess()).environment).toBe('authorization=Bearer one');
  await store('two');
  const stored = Date.now();
  const seconds = () => Math.round((Date.now() - stored) / 1000);
  const two = (read: () => Promise<string>, withinMs: number) =>
    eventually(async () => expect(await read()).toBe('authorization=Bearer two'), { withinMs });

  await two(inSecret, 15_000);
  console.log(`in the secret after ${seconds()} s`);
  await two(async () => (await inProcess()).file, 120_000);
  console.log(`in the file after ${seconds()} s`);
  expect((await inProcess()).environment).toBe('authorization=Bearer one');
  await restart('service-b');
  expect((await inProcess()).environment).toBe('authorization=Bearer two');
});

test('while the store is down, pods restart and serve with the last values', async () => {
  const had = await inSecret();
  await scale(0);
  atEnd(async () => {
    await scale(1);
    await allowNamespace();
    await store(had.replace(/^.+ /, ''));
  });
  await eventually(
    async () => expect(await conditionOf('externalsecret/otlp', 'Ready')).toMatch(/^False/),
    { withinMs: 60_000 },
  );
  const load = await startLoad({ ping: allTargets().ping });
  for (const service of services) await restart(service);
  await sleep(5000);
  expectNoFailures(await load.stop());
  expect(await inSecret()).toBe(had);
  expect((await inProcess()).environment).toBe(had);
});

test('a missing key is reported by an event, and no Secret is created', async () => {
  await fetchSecret('missing', 'my-app/missing');
  await eventually(
    async () => {
      expect(await conditionOf('externalsecret/missing', 'Ready')).toMatch(/^False/);
      expect(await eventsOf('missing')).toContain('Secret does not exist');
    },
    { withinMs: 30_000 },
  );
  await expect(inSecret('missing')).rejects.toThrow('NotFound');
});

test("the role cannot read another application's secrets", async () => {
  await put('other/key', { value: 'theirs' });
  await fetchSecret('theirs', 'other/key');
  await eventually(async () => expect(await eventsOf('theirs')).toContain('permission denied'), {
    withinMs: 30_000,
  });
  await expect(inSecret('theirs')).rejects.toThrow('NotFound');
});

test('no other service account can use the role', async () => {
  const { spec } = await get<{ spec: object }>('secretstore/openbao');
  const theirs = JSON.stringify(spec).replace('"my-app-secrets"', `"${release}-service-b"`);
  atEnd(() => kubectl('delete', 'secretstore/impostor'));
  await apply({
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name: 'impostor', namespace },
    spec: JSON.parse(theirs),
  });
  await fetchSecret('impostor', 'my-app/otlp', 'impostor');
  await eventually(
    async () => {
      expect(await conditionOf('secretstore/impostor', 'Ready')).toMatch(/^False/);
      expect(await conditionOf('externalsecret/impostor', 'Ready')).toMatch(/^False/);
    },
    { withinMs: 30_000 },
  );
  await expect(inSecret('impostor')).rejects.toThrow('NotFound');
});

/** Asks for everything under a key of the store. */
async function fetchSecret(name: string, key: string, from = 'openbao'): Promise<void> {
  atEnd(() => kubectl('delete', `externalsecret/${name}`));
  await apply({
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name },
    spec: { secretStoreRef: { name: from }, target: { name }, dataFrom: [{ extract: { key } }] },
  });
}

const eventsOf = (name: string) =>
  kubectl(
    ...['get', 'events', '--field-selector', `involvedObject.name=${name}`],
    ...['--output', 'jsonpath={.items[*].message}'],
  );
