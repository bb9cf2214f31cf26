import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { atEnd } from '@my-app/test-support/cleanup';
import { root, run } from '@my-app/test-support/cluster/command';
import {
  admitIn,
  environmentNamespaces,
  kubectlIn,
} from '@my-app/test-support/cluster/environments';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { nodePod } from '@my-app/test-support/cluster/node-pod';
import { beforeAll, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

const soon = { withinMs: 60_000 };
const registry = 'ghcr.io/my-org/my-app';
const digest = `sha256:${'0'.repeat(64)}`;
const ours = `${registry}/service-a@${digest}`;
const ofCommit = `${registry}/service-a:${'0'.repeat(40)}`;
const foreign = `docker.io/library/node@${digest}`;

/** The policies of deploy/policy as committed, on namespaces with the names of an environment and of a preview. */
beforeAll(async () => {
  await environmentNamespaces('my-app-staging', 'my-app-pr-0');
  atEnd(() => run('kubectl', ['delete', '--ignore-not-found', '-f', 'deploy/policy']));
  await run('kubectl', ['apply', '--server-side', '-f', 'deploy/policy']);
});

function podOf(image: string, more: { initContainers?: object[]; volumes?: object[] } = {}) {
  const pod = nodePod('e2e-policy', []);
  const containers = pod.spec.containers.map((container) => ({ ...container, image }));
  return { ...pod, spec: { ...pod.spec, ...more, containers } };
}

it('admits images of the registry by digest, and no others', async () => {
  const refused = `only images of ${registry} by digest may run here`;
  // A policy takes a moment to be enforced.
  await eventually(
    () =>
      expect(admitIn('my-app-staging', podOf(`${registry}/service-a:latest`))).rejects.toThrow(
        refused,
      ),
    soon,
  );
  for (const image of [
    ofCommit,
    foreign,
    `ghcr.io/my-org/other/service-a@${digest}`,
    `evil.example/${ours}`,
  ]) {
    await expect(admitIn('my-app-staging', podOf(image))).rejects.toThrow(refused);
  }
  const [container] = podOf(foreign).spec.containers;
  const init = podOf(ours, { initContainers: [{ ...container, name: 'init' }] });
  await expect(admitIn('my-app-staging', init)).rejects.toThrow(refused);
  await admitIn('my-app-staging', podOf(ours));
});

it("admits only a commit's images in a preview", async () => {
  const refused = `only images of ${registry} by commit may run here`;
  for (const image of [foreign, ours, `${registry}/service-a:latest`]) {
    await expect(admitIn('my-app-pr-0', podOf(image))).rejects.toThrow(refused);
  }
  await admitIn('my-app-pr-0', podOf(ofCommit));
});

it('refuses a foreign debug container, except for the break-glass group', async () => {
  const staging = (...args: string[]) => kubectlIn('my-app-staging', args);
  atEnd(() => staging('delete', 'pod', 'e2e-policy', '--now', '--ignore-not-found'));
  await kubectlIn('my-app-staging', ['create', '-f', '-'], podOf(ours));
  const debug = (image: string, ...args: string[]) =>
    staging(
      'debug',
      'pod/e2e-policy',
      '--image',
      image,
      '--profile=restricted',
      '--attach=false',
      ...args,
    );
  await expect(debug('docker.io/library/busybox')).rejects.toThrow('by digest may run here');
  await debug(ours);
  const administrator = ['--as=somebody', '--as-group=system:masters'];
  await expect(debug('docker.io/library/busybox', ...administrator)).rejects.toThrow('by digest');
  await debug('docker.io/library/busybox', ...administrator, '--as-group=my-app-break-glass');
  await expect(debug(ours, '--as=somebody')).rejects.toThrow('forbidden');
});

/**
 * Kubernetes before 1.35 drops `volumes[].image`, so that pods cannot show it: the API server evaluates the policy's own expressions
 * for objects of another kind, which have the fields of a pod.
 */
it('refuses an image that is mounted as a volume', async () => {
  const group = 'policy.e2e.example';
  const names = { kind: 'Podlike', plural: 'podlikes', singular: 'podlike' };
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } };
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `podlikes.${group}` },
    spec: { group, names, scope: 'Namespaced', versions: [version] },
  };
  const text = await readFile(join(root, 'deploy/policy/images.yaml'), 'utf8');
  const [policy, binding] = parseAllDocuments(text).map((document) => document.toJS());
  policy.metadata.name = binding.metadata.name = binding.spec.policyName = 'e2e-podlikes';
  policy.spec.matchConstraints.resourceRules[0] = {
    ...{ apiGroups: [group], apiVersions: ['v1'], resources: ['podlikes'] },
    operations: ['CREATE'],
  };
  const items = [definition, policy, binding];
  const all = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  atEnd(() => run('kubectl', ['delete', '--ignore-not-found', '-f', '-'], { input: all }));
  await run('kubectl', ['apply', '--server-side', '-f', '-'], { input: all });

  const podlike = (reference: string) => ({
    ...podOf(ours, {
      volumes: [
        { name: 'empty', emptyDir: {} },
        { name: 'v', image: { reference } },
      ],
    }),
    apiVersion: `${group}/v1`,
    kind: 'Podlike',
  });
  await eventually(
    () =>
      expect(admitIn('my-app-staging', podlike(foreign))).rejects.toThrow('by digest may run here'),
    soon,
  );
  await admitIn('my-app-staging', podlike(ours));
});

it('keeps the restricted standard on the namespaces', async () => {
  const label = 'pod-security.kubernetes.io/enforce';
  const change = (value: string) =>
    run('kubectl', [
      'label',
      'namespace',
      'my-app-staging',
      '--overwrite',
      '--dry-run=server',
      value,
    ]);
  await eventually(() => expect(change(`${label}-`)).rejects.toThrow('have the label'), soon);
  await expect(change(`${label}=privileged`)).rejects.toThrow('have the label');
  await change('team=greetings');
});
