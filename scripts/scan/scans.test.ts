import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pins } from './pins.ts';
import { scans } from './scans.ts';

test('every scan has a name of its own', () => {
  expect(new Set(scans.map(({ name }) => name)).size).toBe(scans.length);
});

test.each(scans)('$name: its tools are pinned in mise.toml', ({ tools }) => {
  for (const tool of tools.filter((tool) => tool !== 'npm'))
    expect([...pins().keys()]).toContain(tool);
});

test.each(scans)('$name: no two commands write the same report', ({ each, report }) => {
  expect(report?.path ?? 'reports/').toMatch(/^reports\//);
  if (each && report) expect(report.path).toContain('{each}');
});

test('mise.toml and package.json agree on Node', () => {
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(pins().get('node')?.version).toBe(devDependencies.node);
});

test('a tool whose pin has options is pinned too', () => {
  expect(pins().get('helm-unittest')).toEqual({
    name: 'github:helm-unittest/helm-unittest',
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
  });
});
