import { expect, test } from 'vitest';
import { services } from '../../tools/services.ts';
import { forbidden } from './projects.ts';
import { admitted, imagesOf, type Manifest, render, renderPreview } from './render.ts';

test('the cluster admits every image of a preview', () => {
  const images = imagesOf(renderPreview());
  expect(images).toHaveLength(2 * services.length);
  for (const image of images) expect(image).toMatch(admitted.byCommit);
});

test("a preview's project allows what its chart makes, and neither policies nor limits", () => {
  expect(forbidden('my-app-previews', renderPreview())).toEqual([]);
  const limits = render('deploy/preview');
  expect(forbidden('my-app-preview-namespaces', limits)).toEqual([]);
  expect(forbidden('my-app-previews', limits)).toHaveLength(limits.length);
});

/** Who may send to which port of whom, of the policies' rules, in one form. */
const rules = (manifests: Manifest[], direction: 'ingress' | 'egress', peers: 'from' | 'to') =>
  manifests
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .flatMap(({ spec }) =>
      (spec[direction] ?? []).flatMap((rule: Manifest) =>
        (rule.ports ?? [{ port: 'any' }]).map(({ port }: { port: number | string }) => {
          const name = 'app.kubernetes.io/name';
          const others = (rule[peers] ?? []).map(
            ({ podSelector }: Manifest) => podSelector.matchLabels[name],
          );
          return `${spec.podSelector.matchLabels?.[name]} ${direction} ${port} ${others.join()}`;
        }),
      ),
    );

test("a preview's policies allow what the chart's own would", () => {
  const own = renderPreview('--set', 'global.defaults.networkPolicy.enabled=true');
  const main = render('deploy/preview');
  const isService = (rule: string) => !/-test$| 53 /.test(rule);
  for (const [direction, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const) {
    expect(rules(main, direction, peers).filter(isService).sort()).toEqual(
      rules(own, direction, peers).filter(isService).sort(),
    );
  }
  expect(renderPreview().filter(({ kind }) => kind === 'NetworkPolicy')).toEqual([]);
  expect(main.find(({ metadata }) => metadata.name === 'preview')?.spec).toMatchObject({
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
  });
});
