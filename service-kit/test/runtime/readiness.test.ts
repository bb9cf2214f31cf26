import { expect, test } from 'vitest';
import { Readiness } from '../../src/runtime/readiness.ts';

test('goes from starting to ready to draining, and reports each change', () => {
  const readiness = new Readiness();
  const changes: boolean[] = [];
  readiness.onChange((ready) => changes.push(ready));
  expect(readiness.reason).toBe('starting');

  readiness.ready();
  expect(readiness.reason).toBeNull();
  expect(readiness.draining).toBe(false);

  readiness.drain();
  expect(readiness.reason).toBe('draining');
  expect(readiness.draining).toBe(true);
  expect(changes).toEqual([true, false]);
});

test('never becomes ready again once it drains', () => {
  const readiness = new Readiness();
  readiness.drain();
  readiness.ready();
  expect(readiness.reason).toBe('draining');
});
