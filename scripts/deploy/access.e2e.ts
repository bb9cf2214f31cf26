import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { pushImages } from '../artifacts/images.ts';
import { environments, root } from '../chart/paths.ts';
import { run } from '../shared/command.ts';
import { deploy } from './deploy.ts';
import { type Images, parseImages } from './images.ts';
import { down, up } from './preview.ts';
import { rollback } from './rollback.ts';
import type { Target } from './target.ts';

const access = join(root, 'deploy/access');
const folder = mkdtempSync(join(tmpdir(), 'my-app-access-test-'));
const owner = process.env.KUBECONFIG;
const target: Target = {
  name: 'staging',
  namespace: 'my-app-deploy-test-access',
  valuesFiles: [join(environments, 'preview.yaml')],
};
const preview = 'test-access';
let images: Images;

/** Makes kubectl and helm act as a service account, with a kubeconfig such as the pipeline's secret. */
async function become(account: string, namespace: string): Promise<void> {
  const config = JSON.parse(
    await run('kubectl', ['config', 'view', '--minify', '--raw', '--output', 'json']),
  );
  const token = await run('kubectl', ['create', 'token', account, '--namespace', namespace]);
  config.users[0].user = { token: token.trim() };
  const file = join(folder, 'kubeconfig');
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  process.env.KUBECONFIG = file;
}

function becomeOwner(): void {
  if (owner === undefined) delete process.env.KUBECONFIG;
  else process.env.KUBECONFIG = owner;
}

const may = (...question: string[]) =>
  run('kubectl', ['auth', 'can-i', ...question]).then(
    () => true,
    () => false,
  );

beforeAll(async () => {
  const options = { registry: 'localhost:5001/deploy-test', tags: ['test'] };
  const pushed = await pushImages({ ...options, platforms: ['linux/amd64'] });
  images = parseImages(pushed.join(' '));
  await run('kubectl', ['apply', '--filename', join(access, 'deployer.yaml')]);
  await run('kubectl', ['apply', '--filename', join(access, 'previews.yaml')]);
  // As deploy/README.md has it for production.
  const staging = readFileSync(join(access, 'staging.yaml'), 'utf8');
  const environment = staging.replaceAll('my-app-staging', target.namespace);
  await run('kubectl', ['apply', '--filename', '-'], environment);
});

afterEach(becomeOwner);

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await down(preview);
  await run('kubectl', ['delete', 'namespace', target.namespace, '--ignore-not-found']);
  for (const file of ['previews.yaml', 'deployer.yaml']) {
    await run('kubectl', ['delete', '--ignore-not-found', '--filename', join(access, file)]);
  }
});

test("an environment's identity deploys and rolls back", async () => {
  await become('my-app-deployer', target.namespace);
  await deploy(target, images);
  await deploy(target, images);
  await rollback(target);
});

test('and may do nothing else', async () => {
  await become('my-app-deployer', target.namespace);
  const there = ['--namespace', target.namespace];
  expect(await may('update', 'deployments', ...there)).toBe(true);
  expect(await may('get', 'secrets', '--namespace', 'kube-system')).toBe(false);
  expect(await may('get', 'secrets', '--namespace', 'my-app-production')).toBe(false);
  expect(await may('create', 'pods', '--subresource', 'exec', ...there)).toBe(false);
  expect(await may('create', 'rolebindings', ...there)).toBe(false);
  expect(await may('patch', 'namespaces', ...there)).toBe(false);
  expect(await may('create', 'namespaces')).toBe(false);
  expect(await may('list', 'nodes')).toBe(false);
});

test("the previews' identity makes and removes previews", async () => {
  await become('my-app-previewer', 'my-app-previews');
  await up(preview, { images, hours: 1 });
  await down(preview);
  expect(await may('create', 'clusterrolebindings')).toBe(false);
  expect(await may('list', 'nodes')).toBe(false);
});
