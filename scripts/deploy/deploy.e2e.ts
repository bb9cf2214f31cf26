import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allTargets, startLoad } from '../../e2e/support/load.ts';
import { pushImages } from '../artifacts/images.ts';
import { environments, umbrella } from '../chart/paths.ts';
import { run } from '../shared/command.ts';
import { deploy } from './deploy.ts';
import { history, runningImages } from './helm.ts';
import { type Images, imageArguments, parseImages } from './images.ts';
import { readyPods } from './kubectl.ts';
import { promote } from './promote.ts';
import { deployed } from './revisions.ts';
import { rollback } from './rollback.ts';
import { releaseName, type Target } from './target.ts';
import { verify } from './verify.ts';

const folder = mkdtempSync(join(tmpdir(), 'my-app-deploy-test-'));
const target = (name: string, ...valuesFiles: string[]): Target => ({
  name,
  namespace: `my-app-deploy-test-${name}`,
  valuesFiles: [join(environments, 'preview.yaml'), ...valuesFiles],
});

function valuesFile(name: string, values: object): string {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, JSON.stringify(values));
  return file;
}

const autoscaling = { enabled: true, minReplicas: 2, maxReplicas: 2 };
const staging = target('staging', valuesFile('staging', { 'service-b': { autoscaling } }));
const production = target('production');
let images: Images;

/** Production, as a release with these values makes it. */
const productionWith = (name: string, values: object): Target =>
  target('production', valuesFile(name, values));

const revision = async () => deployed(await history(production, releaseName))?.revision;

async function pings(): Promise<() => Promise<{ requests: number; failed: number }>> {
  const { ping } = allTargets();
  const load = await startLoad(ping ? { ping } : {});
  return async () => {
    const { requests = 0, failed = 0, failures } = (await load.stop()).ping ?? {};
    console.log(`load: ${requests} requests, ${failed} failed`, failures?.slice(0, 3));
    return { requests, failed };
  };
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return Math.round((performance.now() - started) / 100) / 10;
}

async function removeNamespaces(): Promise<void> {
  const names = [staging, production].map(({ namespace }) => namespace);
  await run('kubectl', ['delete', 'namespace', ...names, '--ignore-not-found']);
}

beforeAll(async () => {
  await removeNamespaces();
  const registry = 'localhost:5001/deploy-test';
  const options = { registry, tags: ['test'], platforms: ['linux/amd64'] };
  images = parseImages((await pushImages(options)).join(' '));
  process.env.E2E_IMAGE_A = images.get('service-a');
  process.env.E2E_IMAGE_B = images.get('service-b');
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await removeNamespaces();
});

test('a deployment needs an image of every service, the first time', async () => {
  const [a] = images.values();
  await expect(deploy(staging, parseImages(a ?? ''))).rejects.toThrow(/no image of service-b/);
});

test('deploys to a new namespace, where the restricted Pod Security Standard is enforced', async () => {
  await deploy(staging, images);
  const labels = await run('kubectl', [
    ...['get', 'namespace', staging.namespace, '--output', 'jsonpath={.metadata.labels}'],
  ]);
  expect(labels).toContain('"pod-security.kubernetes.io/enforce":"restricted"');
  expect(await readyPods(staging, releaseName, 'service-b')).toHaveLength(2);
});

test('promotes the images of staging to production by digest', async () => {
  const spent = await seconds(() => promote(staging, production));
  console.log(`promoted in ${spent} s`);
  expect(await runningImages(production, releaseName)).toEqual(images);
  const running = await run('kubectl', [
    ...['get', 'pods', '--namespace', production.namespace, '--output'],
    'jsonpath={.items[*].spec.containers[*].image}',
  ]);
  expect(running.split(' ').sort()).toEqual([...images.values()].sort());
});

test('a release that starts but answers 500s reaches nobody', async () => {
  const before = await revision();
  const failing = productionWith('failing', { 'service-a': { config: { FAULT_ERROR_RATE: 1 } } });
  const stop = await pings();
  const spent = await seconds(() =>
    expect(deploy(failing, images)).rejects.toThrow(/candidate refused after .* as it was/),
  );
  console.log(`refused in ${spent} s`);
  const { requests, failed } = await stop();
  expect(requests).toBeGreaterThan(100);
  expect(failed).toBe(0);
  expect(await revision()).toBe(before);
  expect(await run('helm', ['list', '--short', '--namespace', production.namespace])).toBe(
    `${releaseName}\n`,
  );
});

test('a release that fails where its candidate did not is rolled back', async () => {
  const before = await revision();
  const host =
    '{{ contains "candidate" .Release.Name | ternary (printf "%s-service-a-headless" .Release.Name) "nowhere.invalid" }}';
  const treacherous = productionWith('treacherous', {
    'service-b': { config: { SERVICE_A_GRPC_ADDRESS: `${host}:50051` } },
  });
  const stop = await pings();
  const spent = await seconds(() =>
    expect(deploy(treacherous, images)).rejects.toThrow(/production failed: helm test failed/),
  );
  console.log(`tried, failed and rolled back in ${spent} s`);
  const { failed } = await stop();
  expect(failed).toBeGreaterThan(0);
  expect((await history(production, releaseName)).at(-1)?.description).toBe(
    `Rollback to ${before}`,
  );
  await verify(production);
});

test('a person goes back to the revision before, and never to one that was given up', async () => {
  await deploy(productionWith('chatty', { global: { config: { LOG_LEVEL: 'debug' } } }), images);
  const spent = await seconds(() => rollback(production));
  console.log(`rolled back in ${spent} s`);
  const values = await run('helm', [
    ...['get', 'values', releaseName, '--namespace', production.namespace, '--output', 'json'],
  ]);
  expect(JSON.parse(values).global).toBeUndefined();
  expect(JSON.parse(values)['service-b'].config).toBeUndefined();
});

test('a deployment that was killed on its way is told, and a rollback mends it', async () => {
  const before = await revision();
  const lost = new Map(
    [...images].map(([service, image]) => [
      service,
      image.replace(/@.*/, `@sha256:${'0'.repeat(64)}`),
    ]),
  );
  const helm = spawn('helm', [
    ...['upgrade', releaseName, umbrella, '--namespace', production.namespace, '--wait'],
    ...imageArguments(lost),
  ]);
  await sleep(3000);
  helm.kill('SIGKILL');
  await once(helm, 'close');
  await expect(deploy(production, images)).rejects.toThrow(/pending-upgrade.*npm run rollback/);
  await rollback(production);
  expect((await history(production, releaseName)).at(-1)?.description).toBe(
    `Rollback to ${before}`,
  );
});
