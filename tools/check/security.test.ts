import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../services.ts';

const document = readFileSync(join(root, 'SECURITY.md'), 'utf8');

/** Each file named as a proof, with the titles of its tests: [name](file) "title", "title". */
const proofs = [...document.matchAll(/\]\(([^)]+)\)\s+\(?("[^"]+"(?:,\s+"[^"]+")*)/g)].flatMap(
  ([, file = '', titles = '']) =>
    [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => [file, title] as const),
);

test('SECURITY.md names tests', () => {
  expect(proofs.length).toBeGreaterThan(5);
});

test.each(proofs)('SECURITY.md: %s has the test "%s"', (file, title) => {
  expect(readFileSync(join(root, file), 'utf8')).toContain(title.replace(/\s+/g, ' '));
});

test('SECURITY.md names exactly the existing scans', () => {
  const tasks = readFileSync(join(root, 'tools/scan/tasks.toml'), 'utf8');
  const scans = [...tasks.matchAll(/^\["scan:(.+)"\]$/gm)].map(([, name]) => name);
  const rows = document.matchAll(/^\| (`scan:.*?) \|/gm);
  const named = [...rows].flatMap(([, row]) => [...(row?.matchAll(/`scan:(.+?)`/g) ?? [])]);
  expect(named.map(([, name]) => name).sort()).toEqual(scans.sort());
});
