import { expect, test } from 'vitest';
import { OutlierEjection } from '../../src/outbound/outlier-ejection.ts';

function known(...addresses: string[]): OutlierEjection {
  const ejection = new OutlierEjection();
  ejection.update(addresses);
  return ejection;
}

function fail(ejection: OutlierEjection, address: string, times: number): void {
  for (let n = 0; n < times; n++) ejection.failed(address, 0);
}

test('after a timeout, ejects an address for a second, tries it once, and ejects it for longer', () => {
  const ejection = known('a', 'b');
  ejection.silent('a', 0);
  expect([ejection.skips('a', 999), ejection.skips('b', 999)]).toEqual([true, false]);
  expect(ejection.skips('a', 1000)).toBe(false); // the trial
  ejection.silent('a', 1400);
  expect([ejection.skips('a', 2999), ejection.skips('a', 3000)]).toEqual([true, false]);
});

test('measures its times with the monotonic clock', () => {
  const ejection = known('a', 'b');
  const now = performance.now();
  ejection.record('a', { failure: 'unreachable' }, 0);
  expect([ejection.skips('a', now + 999), ejection.skips('a', now + 2000)]).toEqual([true, false]);
});

test('ejects an address when most of at least five calls failed', () => {
  const ejection = known('a', 'b');
  fail(ejection, 'a', 4);
  expect(ejection.skips('a', 1)).toBe(false);
  fail(ejection, 'a', 1);
  expect(ejection.skips('a', 1)).toBe(true);
});

test('does not eject an address of which half of the calls fail', () => {
  const ejection = known('a', 'b');
  for (let n = 0; n < 20; n++) {
    ejection.answered('a');
    ejection.failed('a', 0);
  }
  expect(ejection.skips('a', 1)).toBe(false);
});

test('ejects for ten seconds at most', () => {
  const ejection = known('a', 'b');
  ejection.silent('a', 0);
  for (let trials = 0; trials < 10; trials++) ejection.skips('a', trials * 20_000 + 20_000);
  expect(ejection.skips('a', 209_999)).toBe(true);
  expect(ejection.skips('a', 210_000)).toBe(false);
});

test('uses an address again when its trial succeeds, but not when an earlier call does', () => {
  const ejection = known('a', 'b');
  ejection.silent('a', 0);
  ejection.answered('a');
  expect(ejection.skips('a', 999)).toBe(true);
  ejection.skips('a', 1000);
  ejection.answered('a');
  expect(ejection.skips('a', 1001)).toBe(false);
});

test.each([
  [1, 1, 0],
  [2, 1, 1],
  [2, 2, 0],
  [3, 1, 1],
  [3, 2, 0],
  [10, 3, 3],
  [10, 5, 3],
  [10, 6, 0],
])('of %i addresses of which %i fail, %i are left out', (count, failing, expected) => {
  const names = Array.from({ length: count }, (_, i) => `a${i}`);
  const ejection = known(...names);
  for (const name of names.slice(0, failing)) ejection.silent(name, 0);
  expect(names.filter((name) => ejection.skips(name, 1))).toHaveLength(expected);
});

test('uses all addresses again after all of them failed', () => {
  const names = ['a', 'b', 'c'];
  const ejection = known(...names);
  for (const name of names) ejection.silent(name, 0);
  for (const name of names) expect(ejection.skips(name, 1)).toBe(false);
  for (const name of names) ejection.answered(name);
  ejection.silent('a', 2);
  expect(names.map((name) => ejection.skips(name, 3))).toEqual([true, false, false]);
});

test('forgets an address that the peer no longer has', () => {
  const ejection = known('a', 'b');
  ejection.silent('a', 0);
  ejection.update(['b', 'c']);
  ejection.update(['a', 'b', 'c']);
  expect(ejection.skips('a', 1)).toBe(false);
});

test('ignores a late result of an address that was removed', () => {
  const ejection = known('a', 'b');
  ejection.silent('gone', 0);
  ejection.failed('gone', 0);
  expect(['a', 'b', 'gone'].map((name) => ejection.skips(name, 1))).toEqual([false, false, false]);
});
