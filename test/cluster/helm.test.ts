import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { atEnd } from '@my-app/test-support/cleanup';
import { namespace, release } from '@my-app/test-support/cluster/environment';
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

it('keeps the pods of an autoscaler through upgrades and rollbacks', async () => {
  const name = 'autoscaled';
  const values = ['service-a.autoscaling.enabled=true', 'service-a.autoscaling.minReplicas=3'];
  const options = ['--set', [...values, 'service-b.replicaCount=1'].join()];
  const deployment = `deployment/${name}-service-a`;
  await deploy(name, ...options);
  await kubectl('wait', deployment, '--for=jsonpath={.status.readyReplicas}=3', '--timeout=60s');
  const counts = await podCounts(deployment);
  await deploy(name, ...options, '--set', 'service-a.config.LOG_LEVEL=error');
  await helm('rollback', name, '--wait', '--timeout', '2m');
  await settled('service-a', name);
  expect(Math.min(...counts.flat())).toBe(3);
  expect(counts.length).toBeGreaterThan(5);
  await helm('uninstall', name, '--wait', '--timeout', '60s');
});

it('keeps the old pods serving if an upgrade has missing images', async () => {
  const now = () => Promise.all(services.map((service) => settled(service)));
  const before = await now();
  const load = await startLoad();
  const broken = services.flatMap((name) => [
    '--set-string',
    `${name}.image.repository=e2e-missing`,
  ]);
  // Helm 3's name of --rollback-on-failure, which Helm 4 takes as well: `mise run e2e:helm3` runs this with Helm 3.
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

/** The wanted and the ready pods of a Deployment, now and at each change until the test ends. */
async function podCounts(deployment: string): Promise<number[][]> {
  const path = '{.spec.replicas} {.status.readyReplicas}{"\\n"}';
  const args = ['--namespace', namespace, 'get', deployment, '--watch', '-o', `jsonpath=${path}`];
  const child = spawn('kubectl', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  atEnd(() => child.kill());
  const counts: number[][] = [];
  const lines = createInterface(child.stdout);
  lines.on('line', (line) => counts.push(line.split(' ').map(Number)));
  await once(lines, 'line');
  return counts;
}

/** The names of all objects in the namespace, except events and metrics. */
async function everything(): Promise<string[]> {
  const kinds = await kubectl('api-resources', '--namespaced', '--verbs=list', '-o', 'name');
  const kept = kinds.split('\n').filter((kind) => kind && !/^events|metrics\.k8s\.io$/.test(kind));
  const names = await kubectl('get', kept.join(','), '-o', 'name', '--ignore-not-found');
  return names.split('\n').toSorted();
}
