import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { root } from '../chart/paths.ts';
import { notes, releaseChangelog } from './changelog.ts';
import { readVersions, writeVersions } from './versions.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'my-app-release-test-'));
  const files = [...readVersions(root).keys()].map((place) => place.split(' ')[0] ?? '');
  for (const file of files) {
    cpSync(join(root, file), join(folder, file));
  }
});

afterEach(() => rmSync(folder, { recursive: true }));

test('every place has the same version', () => {
  expect(new Set(readVersions(root).values()).size).toBe(1);
});

test('a release changes the versions and nothing else', () => {
  const text = (where: string, file: string) => readFileSync(join(where, file), 'utf8');
  const [current = ''] = readVersions(root).values();
  writeVersions(folder, '12.34.56');
  expect(new Set(readVersions(folder).values())).toEqual(new Set(['12.34.56']));
  writeVersions(folder, current);
  for (const file of ['package.json', 'package-lock.json', 'charts/my-app/Chart.yaml']) {
    expect(text(folder, file)).toBe(text(root, file));
  }
});

const changelog = `# Changelog

Intro.

## Unreleased

### Added

- A thing.

## 1.0.0 - 2026-01-02

- The first.
`;

test('what is unreleased becomes the version', () => {
  const released = releaseChangelog(changelog, '1.1.0', '2026-02-03');
  expect(released).toContain('## Unreleased\n\n## 1.1.0 - 2026-02-03\n\n### Added\n\n- A thing.\n');
  expect(notes(released, '1.1.0')).toBe('### Added\n\n- A thing.');
  expect(notes(released, '1.0.0')).toBe('- The first.');
});

test('a version that is not in the changelog has no notes', () => {
  expect(() => notes(changelog, '1.0')).toThrow('no section "## 1.0 - <date>"');
});

test('nothing cannot be released', () => {
  const released = releaseChangelog(changelog, '1.1.0', '2026-02-03');
  expect(() => releaseChangelog(released, '1.2.0', '2026-02-04')).toThrow('nothing under');
});
