import { expect, test } from 'vitest';
import { type Manifest, podsOf, read, render, renderPreview, renderReleased } from './render.ts';

/** The regular expressions of deploy/policy/images.yaml: by digest for environments, by commit for previews. */
const [byDigest = /$^/, byCommit = /$^/] = [
  ...JSON.stringify(read('deploy/policy/images.yaml')).matchAll(/image\.matches\('(.+?)'\)/g),
].map(([, expression]) => new RegExp(JSON.parse(`"${expression}"`)));

/** Each image that a pod names. */
const imagesOf = (manifests: Manifest[]): string[] =>
  podsOf(manifests).flatMap(({ containers, initContainers = [], volumes = [] }) => [
    ...[...containers, ...initContainers].map(({ image }: { image: string }) => image),
    ...volumes.flatMap(({ image }: { image?: { reference: string } }) => image?.reference ?? []),
  ]);

test.each([
  [['environments/staging.yaml']],
  [['environments/production.yaml']],
  [['environments/staging.yaml', 'platform/istio.yaml']],
  [['environments/production.yaml', 'platform/istio.yaml']],
])('the cluster admits every image of %s, those of helm test included', (files) => {
  const images = imagesOf(renderReleased(...files));
  expect(images).toHaveLength(4);
  for (const image of images) expect(image).toMatch(byDigest);
});

test('the cluster admits every image of a preview', () => {
  const images = imagesOf(renderPreview());
  expect(images).toHaveLength(4);
  for (const image of images) expect(image).toMatch(byCommit);
});

test.each(['staging', 'production'])(
  '%s says what it waits for before the first release',
  (name) => {
    const files = ['', 'releases/'].map((folder) => `deploy/environments/${folder}${name}.yaml`);
    expect(() => render('charts/my-app', ...files)).toThrow(
      /requireDigest: no service-\w+\.image\.digest: the first release writes it/,
    );
  },
);
