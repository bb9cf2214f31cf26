import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { document } from './artifacts/security-md.ts';
import { root } from './chart/paths.ts';
import { scans } from './scan/scans.ts';

const links = [...document.matchAll(/\]\((?!http)([^)]+)\)/g)].map(([, file]) => file ?? '');

test.each([...new Set(links)])('SECURITY.md: %s is there', (file) => {
  expect(existsSync(join(root, file))).toBe(true);
});

/** A file that proves something, and the titles of its tests: [name](file) "title", "title". */
const proofs = [...document.matchAll(/\]\(([^)]+)\)\s+\(?("[^"]+"(?:,\s+"[^"]+")*)/g)].flatMap(
  ([, file = '', titles = '']) =>
    [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => [file, title] as const),
);

test('SECURITY.md names tests', () => {
  expect(proofs.length).toBeGreaterThan(15);
});

test.each(proofs)('SECURITY.md: %s has the test "%s"', (file, title) => {
  expect(readFileSync(join(root, file), 'utf8')).toContain(title.replace(/\s+/g, ' '));
});

test.each(scans)('SECURITY.md tells of the scan $name', ({ name }) => {
  expect(document).toContain(`\`${name}\``);
});

test('SECURITY.md tells of no scan that is gone', () => {
  const table = /## Scans\n([\s\S]*?)\n## /.exec(document)?.[1] ?? '';
  const rows = table.split('\n').filter((line) => line.startsWith('| `'));
  const told = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([\w-]+)`/g)]);
  expect(told.map(([, name]) => name).sort()).toEqual(scans.map(({ name }) => name).sort());
});
