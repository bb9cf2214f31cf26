import assert from 'node:assert/strict';
import { run } from '@my-app/test-support/cluster/command';
import { namespace, release } from '@my-app/test-support/cluster/environment';
import { get } from '@my-app/test-support/cluster/kubectl';
import { settled } from '@my-app/test-support/cluster/pods';
import { expect, it } from 'vitest';
import { services } from '../../tools/services.ts';

it.each(services)(
  'the budget of %s prevents an eviction while a pod is missing',
  async (service) => {
    const [first, second] = await settled(service);
    assert(first && second);
    await evict(first.metadata.name);
    await expect(evict(second.metadata.name)).rejects.toThrow(
      "Cannot evict pod as it would violate the pod's disruption budget",
    );
    const after = await settled(service);
    expect(after.map(({ metadata }) => metadata.uid)).toContain(second.metadata.uid);
  },
);

it.each(services)('pods of %s are spread over nodes and zones', async (service) => {
  const { spec } = await get<{ spec: { template: { spec: object } } }>(
    `deployment/${release}-${service}`,
  );
  const labels = {
    'app.kubernetes.io/name': service,
    'app.kubernetes.io/instance': release,
  };
  expect(spec.template.spec).toMatchObject({
    topologySpreadConstraints: ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map(
      (topologyKey) => ({ topologyKey, maxSkew: 1, labelSelector: { matchLabels: labels } }),
    ),
  });
});

/** Requests an eviction, as `kubectl drain` does for each pod. */
async function evict(name: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
  await run('kubectl', ['create', '--raw', path, '-f', '-'], { input: JSON.stringify(eviction) });
}
