import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { atEnd } from '@my-app/test-support/cleanup';
import { root, run } from '@my-app/test-support/cluster/command';
import { namespace } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { admit } from '@my-app/test-support/cluster/kubectl';
import { nodePod } from '@my-app/test-support/cluster/node-pod';
import { beforeAll, expect, it } from 'vitest';

const soon = { withinMs: 30_000 };

/** The policies of deploy/policy, on the tests' namespace in the place of the environments. */
beforeAll(async () => {
  for (const file of ['images.yaml', 'namespaces.yaml']) {
    const input = (await readFile(join(root, 'deploy/policy', file), 'utf8')).replace(
      'my-app-staging, my-app-production',
      namespace,
    );
    atEnd(async () => {
      await run('kubectl', ['delete', '--ignore-not-found', '-f', '-'], { input });
    });
    await run('kubectl', ['apply', '--server-side', '-f', '-'], { input });
  }
});

function podOf(image: string): object {
  const pod = nodePod('e2e-policy', []);
  const containers = pod.spec.containers.map((container) => ({ ...container, image }));
  return { ...pod, spec: { ...pod.spec, containers } };
}

it('admits images of the registry by digest, and no others', async () => {
  const ours = 'ghcr.io/my-org/my-app/service-a';
  const digest = `sha256:${'0'.repeat(64)}`;
  const refused = 'only images of ghcr.io/my-org/my-app by digest may run here';
  // A policy takes a moment to be enforced.
  await eventually(() => expect(admit(podOf(`${ours}:latest`))).rejects.toThrow(refused), soon);
  for (const foreign of [
    `ghcr.io/my-org/other/service-a@${digest}`,
    `docker.io/library/node@${digest}`,
    `evil.example/ghcr.io/my-org/my-app/service-a@${digest}`,
  ]) {
    await expect(admit(podOf(foreign))).rejects.toThrow(refused);
  }
  await admit(podOf(`${ours}@${digest}`));
});

it('keeps the restricted standard on the namespace', async () => {
  const label = 'pod-security.kubernetes.io/enforce';
  const change = (value: string) =>
    run('kubectl', ['label', 'namespace', namespace, '--overwrite', '--dry-run=server', value]);
  await eventually(() => expect(change(`${label}-`)).rejects.toThrow('have the label'), soon);
  await expect(change(`${label}=privileged`)).rejects.toThrow('have the label');
  await change('team=greetings');
});
