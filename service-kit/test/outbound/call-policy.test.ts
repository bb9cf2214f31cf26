import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Attempt, CallPolicy } from '../../src/outbound/call-policy.ts';
import type { Failure, Outcome } from '../../src/outbound/failure.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { captureLogs } from '../support/logs.ts';

const overload = vi.hoisted(() => ({ eventLoopLateness: vi.fn(() => 0), countShed: vi.fn() }));
vi.mock('../../src/runtime/overload.ts', () => overload);

let now = 0;
beforeEach(() => {
  now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  vi.spyOn(Math, 'random').mockReturnValue(0); // no pause before a retry
});
afterEach(() => vi.restoreAllMocks());

/** An error that carries how the attempt ended. */
const failed = (outcome: Outcome): Error =>
  Object.assign(new Error(outcome.failure ?? 'answer'), { outcome });

function createPolicy() {
  const metrics = createMetrics();
  const { logger, lines } = captureLogs();
  const policy = new CallPolicy({
    name: 'peer',
    deadlineMs: 1000,
    attemptTimeoutMs: 400,
    metrics,
    logger,
    outcomeOf: (error) => (error as { outcome?: Outcome }).outcome ?? { neutral: true },
  });
  const call = (
    attempt: (attempt: Attempt) => Promise<unknown>,
    { repeatable = true, deadline = 60_000, signal = new AbortController().signal } = {},
  ) => policy.execute({ context: { deadline, signal }, repeatable, attempt });
  const state = async () =>
    (await metrics.circuitBreakerState.get()).values.find(({ value }) => value === 1)?.labels.state;
  return { call, state, lines };
}

/** An attempt that always ends the same, after `takesMs`. */
const always = (outcome: Outcome, takesMs = 0) =>
  vi.fn(async (_attempt: Attempt) => {
    now += takesMs;
    throw failed(outcome);
  });

/** An attempt that fails so many times in each call. */
const failing = (times: number, failure: Failure) =>
  vi.fn(async ({ previous }: Attempt) => {
    if (previous < times) throw failed({ failure });
  });

/** How many attempts a call makes that all end the same. */
async function attemptsAt(outcome: Outcome, options = {}): Promise<number> {
  const attempt = always(outcome);
  await expect(createPolicy().call(attempt, options)).rejects.toThrow(outcome.failure ?? 'answer');
  return attempt.mock.calls.length;
}

describe('retries', () => {
  test.each([
    ['unreachable', 3, 3],
    ['lost', 3, 1],
    ['timed_out', 3, 1],
    ['failed', 3, 1],
    ['overloaded', 3, 1],
    [undefined, 1, 1],
  ] as const)(
    '%s: %i attempts if the call is safe to repeat, else %i',
    async (failure, safe, unsafe) => {
      expect(await attemptsAt({ failure })).toBe(safe);
      expect(await attemptsAt({ failure }, { repeatable: false })).toBe(unsafe);
    },
  );

  test.each([-1, 1000])('a peer that requests a delay of %i ms is not called again', async (ms) => {
    expect(await attemptsAt({ failure: 'overloaded', retryAfterMs: ms })).toBe(1);
  });

  test('nothing is retried after the client disconnected', async () => {
    const caller = new AbortController();
    const attempt = always({ failure: 'failed' });
    const leaving = (current: Attempt) => {
      caller.abort();
      return attempt(current);
    };
    await expect(createPolicy().call(leaving, { signal: caller.signal })).rejects.toThrow();
    expect(attempt).toHaveBeenCalledOnce();
  });

  test('retries stay within the budget', async () => {
    const { call } = createPolicy();
    const attempt = failing(1, 'failed');
    const results = await Promise.allSettled(Array.from({ length: 14 }, () => call(attempt)));
    expect(attempt).toHaveBeenCalledTimes(14 + 10);
    expect(results.filter((result) => result.status === 'rejected')).toHaveLength(4);
  });

  test('a lost connection is retried once without a token, because it fails many calls', async () => {
    const { call } = createPolicy();
    const calls = Array.from({ length: 100 }, () => call(failing(1, 'lost')));
    await expect(Promise.all(calls)).resolves.toHaveLength(100);
  });
});

describe('deadlines', () => {
  test.each([
    ['each attempt has a timeout, and the last one the remaining time', {}, [400, 800, 1000]],
    ['an attempt without a retry has all of the time', { repeatable: false }, [1000]],
    ["the caller's deadline is never extended", { deadline: 700 }, [400, 700]],
  ])('%s, however the clock steps', async (_what, options, expected) => {
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 3_600_000);
    const attempts: number[] = [];
    const attempt = async ({ deadline }: Attempt) => {
      attempts.push(deadline);
      now = deadline;
      throw failed({ failure: 'timed_out' });
    };
    await expect(createPolicy().call(attempt, options)).rejects.toThrow();
    expect(attempts).toEqual(expected);
  });

  test('nothing is attempted after the deadline of the caller', async () => {
    const attempt = vi.fn();
    const late = createPolicy().call(attempt, { deadline: 0 });
    await expect(late).rejects.toMatchObject({ statusCode: 504 });
    expect(attempt).not.toHaveBeenCalled();
  });
});

describe('circuit breaker', () => {
  /** A policy after some calls that ended like this. */
  async function policyAfter(calls: number, outcome: Outcome, takesMs = 0, options = () => ({})) {
    const policy = createPolicy();
    for (let n = 0; n < calls; n++) {
      await policy.call(always(outcome, takesMs), options()).catch(() => {});
    }
    return policy;
  }

  const abandoned = { signal: AbortSignal.abort() };
  test.each([
    ['unreachable', { failure: 'unreachable' }, 0, () => ({}), 'open'],
    ['failed', { failure: 'failed' }, 0, () => ({}), 'open'],
    ['timed out', { failure: 'timed_out' }, 400, () => ({}), 'open'],
    ['timed out, by a short deadline', { failure: 'timed_out' }, 50, () => within(50), 'closed'],
    ['connections lost in every attempt', { failure: 'lost' }, 0, () => ({}), 'open'],
    ['lost, of clients that had left', { failure: 'lost' }, 0, () => abandoned, 'closed'],
    ['writes on one lost', { failure: 'lost' }, 0, () => ({ repeatable: false }), 'closed'],
    ['overloaded', { failure: 'overloaded' }, 0, () => ({}), 'closed'],
    ['an answer', {}, 0, () => ({}), 'closed'],
    ['canceled, or a bug', { neutral: true }, 0, () => ({}), 'closed'],
  ] as const)('%s', async (_what, outcome, takesMs, options, expected) => {
    const { state } = await policyAfter(10, outcome, takesMs, options);
    expect(await state()).toBe(expected);
  });

  test('while it is open, calls fail at once with 503', async () => {
    const { call, state, lines } = await policyAfter(5, { failure: 'failed' });
    expect(await state()).toBe('open');
    const opened = { peer: 'peer', state: 'open', cause: 'failed' };
    expect(lines).toMatchObject([{ msg: 'circuit breaker opened', ...opened }]);
    const attempt = vi.fn();
    await expect(call(attempt)).rejects.toMatchObject({ statusCode: 503 });
    expect(attempt).not.toHaveBeenCalled();
  });

  test('its trial continues when the client disconnects, and still decides', async () => {
    const { call, state } = await policyAfter(5, { failure: 'failed' });
    now += 500;
    const gone = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    let aborted: boolean | undefined;
    const attempt = ({ signal }: Attempt) => {
      gone.abort();
      aborted = signal.aborted;
      return promise;
    };
    const trial = call(attempt, { signal: gone.signal });
    expect([await state(), aborted]).toEqual(['half_open', false]);
    resolve();
    await trial;
    expect(await state()).toBe('closed');
  });

  test('a timeout while the event loop of this process is delayed costs neither it nor the budget', async () => {
    overload.eventLoopLateness.mockReturnValue(100);
    onTestFinished(() => void overload.eventLoopLateness.mockReturnValue(0));
    const { call, state } = await policyAfter(10, { failure: 'timed_out' }, 400);
    expect(await state()).toBe('closed');
    const late = failing(2, 'timed_out');
    for (let calls = 0; calls < 10; calls++) await call(late);
    expect(late).toHaveBeenCalledTimes(30);
  });
});

/** A caller with so many ms left. */
const within = (ms: number) => ({ deadline: now + ms });
