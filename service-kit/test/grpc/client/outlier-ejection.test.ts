import { expect, test } from 'vitest';
import { OutlierEjection } from '../../../src/grpc/client/outlier-ejection.ts';

function known(...addresses: string[]): OutlierEjection {
  const silent = new OutlierEjection();
  silent.update(addresses);
  return silent;
}

test('a silent address is skipped for a second, tried once, and then skipped for longer', () => {
  const silent = known('a', 'b');
  silent.timedOut('a', 0);
  expect([silent.skips('a', 999), silent.skips('b', 999)]).toEqual([true, false]);
  expect(silent.skips('a', 1000)).toBe(false); // the trial
  silent.timedOut('a', 1400);
  expect([silent.skips('a', 2999), silent.skips('a', 3000)]).toEqual([true, false]);
});

test('it is never skipped for more than ten seconds', () => {
  const silent = known('a', 'b');
  silent.timedOut('a', 0);
  for (let trials = 0; trials < 10; trials++) silent.skips('a', trials * 20_000 + 20_000);
  expect(silent.skips('a', 209_999)).toBe(true);
  expect(silent.skips('a', 210_000)).toBe(false);
});

test('an address that answers is used again at once', () => {
  const silent = known('a', 'b');
  silent.timedOut('a', 0);
  silent.answered('a');
  expect(silent.skips('a', 1)).toBe(false);
});

test('none is skipped where more than half are silent', () => {
  const silent = known('a', 'b', 'c');
  silent.timedOut('a', 0);
  expect(silent.skips('a', 1)).toBe(true);
  silent.timedOut('b', 0);
  expect([silent.skips('a', 1), silent.skips('b', 1)]).toEqual([false, false]);
  expect(known('a').skips('a', 1)).toBe(false);
});

test('an address that the peer no longer has is forgotten', () => {
  const silent = known('a', 'b');
  silent.timedOut('a', 0);
  silent.update(['b', 'c']);
  silent.update(['a', 'b', 'c']);
  expect(silent.skips('a', 1)).toBe(false);
});
