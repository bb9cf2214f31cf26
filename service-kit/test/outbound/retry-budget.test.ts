import { expect, test } from 'vitest';
import { RetryBudget } from '../../src/outbound/retry-budget.ts';

/** Spends all there is, and tells how much that was. */
function spendAll(budget: RetryBudget): number {
  let spent = 0;
  for (; budget.available; spent++) budget.spend();
  return spent;
}

function earn(budget: RetryBudget, successes: number): void {
  for (let n = 0; n < successes; n++) budget.earn();
}

test('allows ten retries at the start, then none', () => {
  const budget = new RetryBudget();
  expect(spendAll(budget)).toBe(10);
  expect(budget.available).toBe(false);
});

test('earns one retry with ten successes', () => {
  const budget = new RetryBudget();
  spendAll(budget);
  earn(budget, 9);
  expect(budget.available).toBe(false);
  earn(budget, 2);
  expect(spendAll(budget)).toBe(1);
});

test('holds at most ten', () => {
  const budget = new RetryBudget();
  earn(budget, 1000);
  expect(spendAll(budget)).toBe(10);
});
