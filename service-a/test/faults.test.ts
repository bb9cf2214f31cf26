import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Faults } from '../src/faults.ts';

const signal = new AbortController().signal;
const faultsOf = (delayMs: number, errorRate: number) =>
  new Faults({ delayMs, errorRate }, () => {});

afterEach(() => vi.restoreAllMocks());

test.each([
  [0, 0, false],
  [1, 0, true],
  [0, 0.1, true],
])('with a delay of %i ms and rate %d, active is %s', (delayMs, rate, active) => {
  expect(faultsOf(delayMs, rate).active).toBe(active);
});

test('have a description', () => {
  expect(faultsOf(100, 0.25).description).toBe(
    'faults are injected: requests are delayed by 100 ms, 25 % fail',
  );
});

describe('rate', () => {
  test('0 never fails, even for the smallest random number', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    await expect(faultsOf(0, 0).inject(signal)).resolves.toBeUndefined();
  });

  test('1 always fails, even for the largest random number', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1 - 2 ** -53);
    await expect(faultsOf(0, 1).inject(signal)).rejects.toThrow('injected fault');
  });

  test.each([
    [0.24, true],
    [0.25, false],
  ])('0.25 fails only below 0.25: %d', async (random, fails) => {
    vi.spyOn(Math, 'random').mockReturnValue(random);
    const failed = await faultsOf(0, 0.25)
      .inject(signal)
      .then(
        () => false,
        () => true,
      );
    expect(failed).toBe(fails);
  });
});

describe('delay', () => {
  let started: number;
  beforeEach(() => {
    started = performance.now();
  });

  test('delays the request', async () => {
    await faultsOf(50, 0).inject(signal);
    expect(performance.now() - started).toBeGreaterThanOrEqual(49);
  });

  test('ends when the caller cancels', async () => {
    const caller = new AbortController();
    const injected = faultsOf(60_000, 0).inject(caller.signal);
    caller.abort();
    await expect(injected).rejects.toThrow('The operation was aborted');
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
