import { expect, test } from 'vitest';
import { services } from '../../tools/services.ts';
import { admitted, imagesOf, render, renderReleased } from './render.ts';

test.each([
  [['environments/staging.yaml']],
  [['environments/production.yaml']],
  [['environments/staging.yaml', 'platform/istio.yaml']], // ring: platform
  [['environments/production.yaml', 'platform/istio.yaml']], // ring: platform
])('the cluster admits every image of %s, those of helm test included', (files) => {
  const images = imagesOf(renderReleased(...files));
  expect(images).toHaveLength(2 * services.length);
  for (const image of images) expect(image).toMatch(admitted.byDigest);
});

test.each(['staging', 'production'])('%s reports that the first release is missing', (name) => {
  const files = ['', 'releases/'].map((folder) => `deploy/environments/${folder}${name}.yaml`);
  expect(() => render('charts/my-app', ...files)).toThrow(
    /requireDigest is true, but service-\w+\.image\.digest is not set: publish a release, which sets it/,
  );
});
