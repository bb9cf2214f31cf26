import { beforeAll, beforeEach, expect, test, vi } from 'vitest';

let now = 0;
let overload: typeof import('../../src/runtime/overload.ts');

/** The timer that looks how late it is comes at this time. */
function tickAt(time: number): void {
  now = time;
  vi.advanceTimersToNextTimer();
}

beforeAll(async () => {
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  vi.useFakeTimers({ toFake: ['setInterval'] });
  overload = await import('../../src/runtime/overload.ts');
});

beforeEach(() => {
  tickAt(0);
  tickAt(20);
});

test('an event loop that is late with many requests under way is overloaded', () => {
  now = 290; // The tick was due at 40.
  expect(overload.isOverloaded(1000)).toBe(false);
  now = 291;
  const before = overload.requestsShed();
  expect(overload.isOverloaded(1000)).toBe(true);
  expect(overload.requestsShed()).toBe(before + 1);
});

test('it still is when it was late a moment ago, until the next look', () => {
  tickAt(400);
  expect(overload.eventLoopLateness()).toBe(360);
  expect(overload.isOverloaded(1000)).toBe(true);
  tickAt(420);
  expect(overload.isOverloaded(1000)).toBe(false);
});

test('with few requests it is not: a start, or a neighbour on the machine, held it up', () => {
  tickAt(5000);
  expect(overload.isOverloaded(499)).toBe(false);
  expect(overload.isOverloaded(500)).toBe(true);
});
