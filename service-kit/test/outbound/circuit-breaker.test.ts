import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  type Admission,
  CircuitBreaker,
  type CircuitState,
} from '../../src/outbound/circuit-breaker.ts';

let now = 0;
beforeEach(() => {
  now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => vi.restoreAllMocks());

function create() {
  const states: CircuitState[] = [];
  const breaker = new CircuitBreaker((state) => states.push(state));
  const end = (...results: (boolean | undefined)[]): void => {
    for (const failed of results) breaker.settle(breaker.admit() as Admission, failed);
  };
  return { breaker, states, end };
}

const [ok, failed] = [false, true];

test('opens when more than half of at least five calls failed, and then admits none', () => {
  const { breaker, states, end } = create();
  end(failed, failed, failed, failed);
  expect(states).toEqual([]);
  end(failed);
  expect(states).toEqual(['open']);
  expect(breaker.admit()).toBeUndefined();
});

test('counts only the last 20 calls', () => {
  const { states, end } = create();
  end(...Array(20).fill(ok), ...Array(10).fill(failed));
  expect(states).toEqual([]);
  end(failed);
  expect(states).toEqual(['open']);
});

test('calls that do not depend on the peer do not count', () => {
  const { states, end } = create();
  end(...Array(20).fill(undefined));
  expect(states).toEqual([]);
});

test('admits one trial after half a second, and closes when it succeeds', () => {
  const { breaker, states, end } = create();
  end(...Array(5).fill(failed));
  now = 499;
  expect(breaker.admit()).toBeUndefined();
  now = 500;
  const trial = breaker.admit() as Admission;
  expect(trial.trial).toBe(true);
  expect(breaker.admit()).toBeUndefined();
  breaker.settle(trial, ok);
  expect(states).toEqual(['open', 'half_open', 'closed']);
  end(failed, failed, failed, failed);
  expect(states).toHaveLength(3); // the failures before do not count any more
});

test('opens again for half a second when the trial fails', () => {
  const { breaker, states, end } = create();
  end(...Array(5).fill(failed));
  now = 500;
  end(failed);
  expect(states).toEqual(['open', 'half_open', 'open']);
  now = 999;
  expect(breaker.admit()).toBeUndefined();
});

test('a call that began before the circuit opened does not change its state', () => {
  const { breaker, states, end } = create();
  const slow = breaker.admit() as Admission;
  end(...Array(5).fill(failed));
  now = 500;
  breaker.admit();
  breaker.settle(slow, ok);
  expect(states).toEqual(['open', 'half_open']);
});

test.each([-3_600_000, 3_600_000])('a clock change of %i ms has no effect', (stepMs) => {
  const { breaker, end } = create();
  end(...Array(5).fill(failed));
  const { now: real } = Date;
  vi.spyOn(Date, 'now').mockImplementation(() => real() + stepMs);
  expect(breaker.admit()).toBeUndefined();
  now = 500;
  expect(breaker.admit()).toBeDefined();
});
