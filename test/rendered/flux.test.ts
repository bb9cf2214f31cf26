import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../tools/services.ts';
import { type Manifest, objects, read } from './render.ts';

const build = (name: string): Manifest[] => {
  const args = ['kustomize', '--load-restrictor', 'LoadRestrictionsNone', `deploy/flux/${name}`];
  return objects(execFileSync('kubectl', args, { cwd: root, encoding: 'utf8' }));
};

test.each(['staging', 'production'])('Flux gives %s the values that Argo CD does', (name) => {
  const manifests = build(name);
  const one = (kind: string) => manifests.find((object) => object.kind === kind);
  const values = one('ConfigMap');
  const file = (path: string) => readFileSync(join(root, 'deploy/environments', path), 'utf8');
  expect(values.data).toEqual({
    'environment.yaml': file(`${name}.yaml`),
    'release.yaml': file(`releases/${name}.yaml`),
  });
  const { metadata, spec } = one('HelmRelease');
  // In this order: a release wins over its environment.
  expect(spec.valuesFrom).toEqual(
    ['environment.yaml', 'release.yaml'].map((valuesKey) => ({
      ...{ kind: 'ConfigMap', name: values.metadata.name },
      valuesKey,
    })),
  );
  expect(metadata.namespace).toBe(`my-app-${name}`);
  expect(one('Namespace').metadata.name).toBe(`my-app-${name}`);
  expect(spec.chart.spec.sourceRef.name).toBe(one('GitRepository').metadata.name);
  expect(one('GitRepository').metadata.namespace).toBe(metadata.namespace);
});

test('each environment has a Kustomization', () => {
  const paths = read('deploy/flux/environments.yaml').map(({ spec }) => spec.path);
  expect(paths.filter(Boolean)).toEqual(['deploy/flux/staging', 'deploy/flux/production']);
});
