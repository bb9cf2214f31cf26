import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from '../../tools/services.ts';
import { forbidden } from './projects.ts';
import { renderReleased } from './render.ts';

test.each([
  [['environments/staging.yaml']],
  [['environments/production.yaml']],
  [['environments/production.yaml', 'platform/istio.yaml']], // ring: platform
  ...globSync('charts/my-app/ci/*.yaml', { cwd: root }).map((file) => [[`../${file}`]]),
])('the project allows every kind of %s', (files) => {
  expect(forbidden('my-app', renderReleased(...files))).toEqual([]);
});

test('with the snippets of docs/delivery.md, staging and production are in separate clusters', () => {
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
