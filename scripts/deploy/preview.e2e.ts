import { afterAll, beforeAll, expect, test } from 'vitest';
import { pushImages } from '../artifacts/images.ts';
import { run } from '../shared/command.ts';
import { type Images, parseImages } from './images.ts';
import { forwarded, readyPods } from './kubectl.ts';
import { down, expire, list, up } from './preview.ts';
import { releaseName } from './target.ts';

const name = 'test-4711';
const namespace = `my-app-preview-${name}`;
let images: Images;

const names = async () => (await list()).map(({ name }) => name);
const inNamespace = (...args: string[]) => run('kubectl', ['--namespace', namespace, ...args]);

beforeAll(async () => {
  const registry = 'localhost:5001/deploy-test';
  const options = { registry, tags: ['test'], platforms: ['linux/amd64'] };
  images = parseImages((await pushImages(options)).join(' '));
});

afterAll(() => down(name));

test('comes up and tells how to reach it', async () => {
  const address = await up(name, { images, hours: 1 });
  expect(address).toMatch(/^kubectl --namespace my-app-preview-test-4711 port-forward service\//);
  const [pod = ''] = await readyPods(
    { name, namespace, valuesFiles: [] },
    releaseName,
    'service-b',
  );
  const target = { name, namespace, valuesFiles: [] };
  await forwarded(target, pod, 8012, async (base) => {
    const response = await fetch(`${base}/ping_service_a?name=Ada`);
    expect(await response.json()).toMatchObject({ message: 'Hello from Service B!' });
  });
});

test('is renewed by the next push, at a name of the ingress', async () => {
  const address = await up(name, { images: new Map(), hours: 2, domain: 'preview.example.com' });
  expect(address).toMatch(/^https:\/\/preview-test-4711\.preview\.example\.com\/ping_service_a /);
  const host = await inNamespace(
    'get',
    'ingress',
    '--output',
    'jsonpath={.items[*].spec.rules[*].host}',
  );
  expect(host).toBe('preview-test-4711.preview.example.com');
});

test('is listed with the end of its life', async () => {
  const [preview] = (await list()).filter((one) => one.name === name);
  const minutes = ((preview?.expiresAt.getTime() ?? 0) - Date.now()) / 60_000;
  expect(minutes).toBeGreaterThan(100);
  expect(minutes).toBeLessThanOrEqual(120);
});

const pod = (spec: object) => [
  ...['run', 'intruder', '--image', images.get('service-a') ?? '', '--dry-run=server'],
  ...['--overrides', JSON.stringify({ spec })],
];

test('takes no pod that is not locked down', async () => {
  await expect(inNamespace(...pod({ hostNetwork: true }))).rejects.toThrow(
    /violates PodSecurity "restricted/,
  );
});

test('takes no more than its quota', async () => {
  const locked = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  const spec = {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'intruder',
        image: images.get('service-a'),
        securityContext: locked,
        resources: { requests: { cpu: '3' } },
      },
    ],
  };
  await expect(inNamespace(...pod(spec))).rejects.toThrow(/exceeded quota: preview/);
  await expect(
    inNamespace('create', 'service', 'loadbalancer', 'intruder', '--tcp', '80', '--dry-run=server'),
  ).rejects.toThrow(/exceeded quota: preview/);
});

test('stays until its time is over, then goes with all that is in it', async () => {
  expect(await expire()).not.toContain(name);
  expect(await names()).toContain(name);
  await up(name, { images, hours: 0.001 });
  expect(await expire()).toContain(name);
  expect(await names()).not.toContain(name);
  expect(await run('kubectl', ['get', 'namespace', namespace, '--ignore-not-found'])).toBe('');
});

test('is gone when its pull request is closed, also twice', async () => {
  await up(name, { images, hours: 1 });
  await down(name);
  await down(name);
  expect(await run('kubectl', ['get', 'namespace', namespace, '--ignore-not-found'])).toBe('');
});
