import { expect, test } from 'vitest';
import { RetryBudget } from '../../src/outbound/retry-budget.ts';

/** Spends what a budget allows after so many successes: that many retries. */
function retriesAfter(successes: number, budget = new RetryBudget()): number {
  for (let n = 0; n < successes; n++) budget.earn();
  let retries = 0;
  for (; budget.available; retries++) budget.spend();
  return retries;
}

test('allows ten retries at the start, then one for ten successes', () => {
  const budget = new RetryBudget();
  expect(retriesAfter(0, budget)).toBe(10);
  expect(retriesAfter(9, budget)).toBe(0);
  expect(retriesAfter(2, budget)).toBe(1);
});

test('holds at most ten', () => {
  expect(retriesAfter(1000)).toBe(10);
});
