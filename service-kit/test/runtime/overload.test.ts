import { beforeAll, beforeEach, expect, test, vi } from 'vitest';

let now = 0;
let overload: typeof import('../../src/runtime/overload.ts');

/** The timer that measures the lateness fires at this time. */
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

test('the delay grows while a tick is overdue', () => {
  now = 290; // The tick was due at 40.
  expect(overload.eventLoopLateness()).toBe(250);
});

test('the delay is that of the last tick until the next one', () => {
  tickAt(400);
  expect(overload.eventLoopLateness()).toBe(360);
  tickAt(420);
  expect(overload.eventLoopLateness()).toBe(0);
});
