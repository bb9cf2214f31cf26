import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { root, services } from '../services.ts';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const { version, config } = JSON.parse(read('package.json'));
const { registry } = config;

test('environments and the image policy have the registry that the workflows push to', () => {
  expect(registry).toBe(registry.toLowerCase());
  const pattern = /matches\('(.+?)'\)/.exec(read('deploy/policy/images.yaml'))?.[1] ?? '';
  const image = `${registry}/${services[0]}@sha256:${'0'.repeat(64)}`;
  expect(image).toMatch(new RegExp(pattern));
  for (const file of globSync('deploy/environments/*.yaml', { cwd: root })) {
    const { global } = parse(read(file)) ?? {};
    expect(global?.image?.registry ?? registry, file).toBe(registry);
  }
});

// ring: platform begin
test('the signature policy accepts the identity of this repository', () => {
  const name = JSON.parse(read('package.json')).repository.replace('github:', '');
  expect(read('deploy/signatures/signatures.yaml')).toContain(
    `https://github.com/${name}/.github/workflows/build.yml@`,
  );
});
// ring: platform end

test('packages and charts have one version, and CHANGELOG.md its notes', () => {
  const packages = globSync('{proto,service-*,test/support}/package.json', { cwd: root });
  for (const file of packages) expect(JSON.parse(read(file)).version, file).toBe(version);
  for (const file of globSync('charts/**/Chart.yaml', { cwd: root })) {
    expect(parse(read(file)).version, file).toBe(version);
  }
  const notes = (of: string) => execFileSync(join(root, 'tools/release/notes'), [of]).toString();
  expect(notes(version)).toMatch(/\w/);
  expect(notes('1.0.0')).toContain('### Added');
  expect(() => notes('0.0.0')).toThrow('CHANGELOG.md has no section');
});

test('the devcontainer pins its images and features, and mise needs no install script', () => {
  const text = read('.devcontainer/devcontainer.json').replace(/^ *\/\/.*$/gm, '');
  const { image, features, hostRequirements } = JSON.parse(text);
  for (const name of [image, ...Object.keys(features)])
    expect(name).toMatch(/:\d+\.\d+\.\d+(-\w+)?$/);
  expect(hostRequirements).toHaveProperty('memory');
  expect(read('.devcontainer/setup')).toContain('@jdxcode/mise-linux-');
});
