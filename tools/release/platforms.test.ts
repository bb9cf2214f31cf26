import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../services.ts';

const stages = readFileSync(join(root, 'Dockerfile'), 'utf8')
  .split(/^(?=FROM )/m)
  .slice(1);
const nameOf = (stage: string) => / AS (\w+)/.exec(stage)?.[1] ?? 'image';
const byName = new Map(stages.map((stage) => [nameOf(stage), stage]));

test('an image of another platform needs no emulation', () => {
  const image = byName.get('image') ?? '';
  expect(image).not.toMatch(/^RUN/m);
  const needed = new Set<string>();
  const add = (stage: string): void => {
    for (const [, name = ''] of stage.matchAll(/--from=(\w+)/g)) {
      needed.add(name);
      add(byName.get(name) ?? '');
    }
  };
  add(image);
  expect([...needed].sort()).toEqual(['bundle', 'manifests']);
  for (const name of needed) expect(byName.get(name)).toMatch(/^FROM --platform=\$BUILDPLATFORM /);
});

test('the published images are for amd64 and arm64', () => {
  const script = readFileSync(join(root, 'tools/release/images'), 'utf8');
  const [, platforms = ''] = /PLATFORMS:-([\w/,]+)/.exec(script) ?? [];
  expect(platforms.split(',')).toEqual(['linux/amd64', 'linux/arm64']);
});
