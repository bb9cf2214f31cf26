import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ConcurrencyLimit } from '../../src/outbound/concurrency-limit.ts';
import { requestsShed } from '../../src/runtime/overload.ts';

let now = 0;
beforeEach(() => void vi.spyOn(performance, 'now').mockImplementation(() => now));
afterEach(() => vi.restoreAllMocks());

/** ConcurrencyLimit with 128 calls in flight, and functions that end them. */
function allTaken() {
  const limit = new ConcurrencyLimit();
  const turns = { take: (call: () => Promise<string>) => limit.run(now + 1000, call) };
  const calls = Array.from({ length: 128 }, () => Promise.withResolvers<string>());
  const answers = calls.map(({ promise }) => turns.take(() => promise));
  return { turns, answers, end: () => calls.shift()?.resolve('done') };
}

test('the 129th call waits until one in flight has ended', async () => {
  const { turns, answers, end } = allTaken();
  const call = vi.fn(async () => 'last');
  const last = turns.take(call);
  await Promise.resolve();
  expect(call).not.toHaveBeenCalled();
  end();
  await expect(answers[0]).resolves.toBe('done');
  await expect(last).resolves.toBe('last');
});

test('rejects a queued call with under 25 % of its time left, and counts it as shed', async () => {
  const { turns, end } = allTaken();
  const before = requestsShed();
  const late = vi.fn(async () => 'late');
  const refused = turns.take(late);
  now += 1;
  const next = turns.take(async () => 'next');
  now += 750;
  end();
  await expect(refused).rejects.toMatchObject({ statusCode: 503 });
  expect(late).not.toHaveBeenCalled();
  expect(requestsShed()).toBe(before + 1);
  await expect(next).resolves.toBe('next');
});

test('a failed call admits the next one', async () => {
  const { turns, end } = allTaken();
  const failing = turns.take(() => Promise.reject(new Error('failed')));
  const next = turns.take(async () => 'next');
  end();
  await expect(failing).rejects.toThrow('failed');
  await expect(next).resolves.toBe('next');
});
