import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from '../../tools/services.ts';
import { type Manifest, read, render, renderPreview, renderReleased } from './render.ts';

interface Kind {
  group: string;
  kind: string;
}

const projects = [
  ...read('deploy/argocd/project.yaml'),
  ...read('deploy/argocd/preview-projects.yaml'),
];

/** Kinds that the AppProject does not let a sync make. */
function forbidden(project: string, manifests: Manifest[]): string[] {
  const { spec } = projects.find(({ metadata }) => metadata.name === project);
  const allowed = [...spec.namespaceResourceWhitelist, ...(spec.clusterResourceWhitelist ?? [])];
  const isAllowed = (group: string, kind: string) =>
    allowed.some((each: Kind) => each.group === group && [kind, '*'].includes(each.kind));
  return manifests
    .map(({ apiVersion, kind }) => [apiVersion.includes('/') ? apiVersion.split('/')[0] : '', kind])
    .filter(([group, kind]) => !isAllowed(group, kind))
    .map(([group, kind]) => `${group}/${kind}`);
}

test.each([
  [['environments/staging.yaml']],
  [['environments/production.yaml']],
  [['environments/production.yaml', 'platform/istio.yaml']],
  [['../charts/my-app/ci/all-features-values.yaml']],
  [['../charts/my-app/ci/guarded-values.yaml']],
])('the project allows every kind of %s', (files) => {
  expect(forbidden('my-app', renderReleased(...files))).toEqual([]);
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
        rule.ports.map(({ port }: { port: number }) => {
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

test('with the snippets of docs/delivery.md, staging and production are in clusters of their own', () => {
  const page = readFileSync(join(root, 'docs/delivery.md'), 'utf8');
  const [destination, destinations] = ['environments.yaml', 'project.yaml'].map((file) => {
    const snippet = new RegExp(
      `\`\`\`yaml\n# deploy/argocd/${file}, spec[^\n]*\n(.*?)\`\`\``,
      's',
    ).exec(page);
    return parse(snippet?.[1] ?? '');
  });
  const of = (name: string) =>
    JSON.parse(JSON.stringify(destination).replaceAll(/\{\{.*?\}\}/g, name));
  expect(['staging', 'production'].map(of)).toEqual(destinations);
});
