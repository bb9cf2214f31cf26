import { release } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { get, kubectl } from '@my-app/test-support/cluster/kubectl';
import { expectNoFailures, startLoad } from '@my-app/test-support/cluster/load';
import { identities, settled } from '@my-app/test-support/cluster/pods';
import { deploy, helm, upgrade } from '@my-app/test-support/cluster/release';
import { afterAll, expect, it } from 'vitest';
import { services } from '../../tools/services.ts';

afterAll(() => deploy());

it('upgrades to a changed value and rolls back without a failed request', async () => {
  const before = await logLevel();
  const load = await startLoad();
  await deploy(release, '--set', 'service-a.config.LOG_LEVEL=error');
  expect(await logLevel()).toBe('error');
  await helm('rollback', release, '--wait', '--timeout', '2m');
  expect(await logLevel()).toBe(before);
  await settled('service-a');
  expectNoFailures(await load.stop());
});

it('keeps the old pods serving if an upgrade has missing images', async () => {
  const now = () => Promise.all(services.map((service) => settled(service)));
  const before = await now();
  const load = await startLoad();
  const broken = services.flatMap((name) => [
    '--set-string',
    `${name}.image.repository=e2e-missing`,
  ]);
  await expect(upgrade(release, ...broken, '--atomic', '--timeout', '20s')).rejects.toThrow(
    'has been rolled back',
  );
  expect((await now()).map(identities)).toEqual(before.map(identities));
  expectNoFailures(await load.stop());
});

it('uninstalls without leaving anything behind', async () => {
  const name = 'temporary';
  const before = await everything();
  await deploy(name, '--set', 'service-a.replicaCount=1,service-b.replicaCount=1');
  expect(await everything()).not.toEqual(before);
  await helm('test', name, '--timeout', '60s');
  await helm('uninstall', name, '--wait', '--timeout', '60s');
  await eventually(async () => expect(await everything()).toEqual(before), { withinMs: 30_000 });
});

async function logLevel(): Promise<string | undefined> {
  const { spec } = await get<{
    spec: { template: { spec: { containers: { env: { name: string; value: string }[] }[] } } };
  }>(`deployment/${release}-service-a`);
  return spec.template.spec.containers[0]?.env.find(({ name }) => name === 'LOG_LEVEL')?.value;
}

/** The names of all objects in the namespace, except events and metrics. */
async function everything(): Promise<string[]> {
  const kinds = await kubectl('api-resources', '--namespaced', '--verbs=list', '-o', 'name');
  const kept = kinds.split('\n').filter((kind) => kind && !/^events|metrics\.k8s\.io$/.test(kind));
  const names = await kubectl('get', kept.join(','), '-o', 'name', '--ignore-not-found');
  return names.split('\n').toSorted();
}
