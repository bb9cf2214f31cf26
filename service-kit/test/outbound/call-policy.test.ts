import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Attempt, CallPolicy } from '../../src/outbound/call-policy.ts';
import type { Outcome } from '../../src/outbound/failure.ts';
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
class Failed extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super(outcome.failure ?? 'answer');
    this.outcome = outcome;
  }
}

function createPolicy(deadlineMs = 1000) {
  const metrics = createMetrics();
  const { logger, lines } = captureLogs();
  const policy = new CallPolicy({
    name: 'peer',
    deadlineMs,
    attemptTimeoutMs: 400,
    metrics,
    logger,
    outcomeOf: (error) => (error instanceof Failed ? error.outcome : { neutral: true }),
  });
  const call = (
    attempt: (attempt: Attempt) => Promise<unknown>,
    { repeatable = true, deadline = 60_000, signal = new AbortController().signal } = {},
  ) => policy.execute({ context: { deadline, signal }, repeatable, attempt });
  const state = async () =>
    (await metrics.circuitBreakerState.get()).values.find(({ value }) => value === 1)?.labels.state;
  return { call, state, lines };
}

/** Attempts that all end the same, and how many there were. */
function always(outcome: Outcome, takesMs = 0) {
  const attempts: Attempt[] = [];
  const attempt = async (current: Attempt): Promise<never> => {
    attempts.push(current);
    now += takesMs;
    throw new Failed(outcome);
  };
  return { attempt, attempts };
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
      const [one, other] = [always({ failure }), always({ failure })];
      await createPolicy()
        .call(one.attempt)
        .catch(() => {});
      expect(one.attempts).toHaveLength(safe);
      await createPolicy()
        .call(other.attempt, { repeatable: false })
        .catch(() => {});
      expect(other.attempts).toHaveLength(unsafe);
    },
  );

  test.each([-1, 1000])(
    'a peer that requests a delay of %i ms is not called again',
    async (retryAfterMs) => {
      const { attempt, attempts } = always({ failure: 'overloaded', retryAfterMs });
      await expect(createPolicy().call(attempt)).rejects.toThrow('overloaded');
      expect(attempts).toHaveLength(1);
    },
  );

  test('nothing is retried after the client disconnected', async () => {
    const caller = new AbortController();
    const { attempt, attempts } = always({ failure: 'failed' });
    const leaving = (current: Attempt) => {
      caller.abort();
      return attempt(current);
    };
    await createPolicy()
      .call(leaving, { signal: caller.signal })
      .catch(() => {});
    expect(attempts).toHaveLength(1);
  });

  test('retries stay within the budget', async () => {
    const { call } = createPolicy();
    let attempts = 0;
    const flaky = async ({ previous }: Attempt) => {
      attempts += 1;
      if (previous === 0) throw new Failed({ failure: 'failed' });
    };
    const calls = Array.from({ length: 14 }, () => call(flaky));
    const results = await Promise.allSettled(calls);
    expect(attempts).toBe(14 + 10);
    expect(results.filter((result) => result.status === 'rejected')).toHaveLength(4);
  });

  test('a lost connection is retried once without a token, because it fails many calls', async () => {
    const { call } = createPolicy();
    const lostOnce = async ({ previous }: Attempt) => {
      if (previous === 0) throw new Failed({ failure: 'lost' });
    };
    const calls = Array.from({ length: 100 }, () => call(lostOnce));
    await expect(Promise.all(calls)).resolves.toHaveLength(100);
  });
});

describe('deadlines', () => {
  const deadlinesOf = async (options?: Parameters<ReturnType<typeof createPolicy>['call']>[1]) => {
    const attempts: number[] = [];
    const attempt = async ({ deadline }: Attempt) => {
      attempts.push(deadline);
      now = deadline;
      throw new Failed({ failure: 'timed_out' });
    };
    await createPolicy()
      .call(attempt, options)
      .catch(() => {});
    return attempts;
  };

  test('each attempt has a timeout, and the last one the remaining time', async () => {
    expect(await deadlinesOf()).toEqual([400, 800, 1000]);
  });

  test('an attempt without a retry has all of the time', async () => {
    expect(await deadlinesOf({ repeatable: false })).toEqual([1000]);
  });

  test("the caller's deadline is never extended", async () => {
    expect(await deadlinesOf({ deadline: 700 })).toEqual([400, 700]);
  });

  test('nothing is attempted after the deadline of the caller', async () => {
    const attempt = vi.fn();
    const call = createPolicy().call(attempt, { deadline: 0 });
    await expect(call).rejects.toMatchObject({ statusCode: 504 });
    expect(attempt).not.toHaveBeenCalled();
  });

  test('setting the clock back an hour has no effect', async () => {
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 3_600_000);
    expect(await deadlinesOf()).toEqual([400, 800, 1000]);
  });
});

describe('circuit breaker', () => {
  /** Its state after ten calls that ended like this. */
  async function stateAfter(outcome: Outcome, takesMs = 0, options = {}): Promise<unknown> {
    const { call, state } = createPolicy();
    for (let calls = 0; calls < 10; calls++) {
      await call(always(outcome, takesMs).attempt, options).catch(() => {});
    }
    return state();
  }

  test.each([
    ['unreachable', { failure: 'unreachable' }, 0, 'open'],
    ['failed', { failure: 'failed' }, 0, 'open'],
    ['timed out', { failure: 'timed_out' }, 400, 'open'],
    ['connections lost in every attempt', { failure: 'lost' }, 0, 'open'],
    ['overloaded', { failure: 'overloaded' }, 0, 'closed'],
    ['an answer', {}, 0, 'closed'],
    ['canceled, or a bug', { neutral: true }, 0, 'closed'],
  ] as const)('%s', async (_what, outcome, takesMs, expected) => {
    expect(await stateAfter(outcome, takesMs)).toBe(expected);
  });

  test('short deadlines of callers do not open it', async () => {
    const { call, state } = createPolicy();
    for (let calls = 0; calls < 10; calls++) {
      const { attempt } = always({ failure: 'timed_out' }, 50);
      await call(attempt, { deadline: now + 50 }).catch(() => {});
    }
    expect(await state()).toBe('closed');
  });

  test('calls that their clients abandoned while the connection was lost do not open it', async () => {
    const { call, state } = createPolicy();
    const signal = AbortSignal.abort();
    for (let calls = 0; calls < 10; calls++) {
      await call(always({ failure: 'lost' }).attempt, { signal }).catch(() => {});
    }
    expect(await state()).toBe('closed');
  });

  test('writes that fail with one lost connection do not open it', async () => {
    expect(await stateAfter({ failure: 'lost' }, 0, { repeatable: false })).toBe('closed');
  });

  test('while it is open, calls fail at once with 503', async () => {
    const { call, state, lines } = createPolicy();
    for (let calls = 0; calls < 5; calls++) {
      await call(always({ failure: 'failed' }).attempt).catch(() => {});
    }
    expect(await state()).toBe('open');
    const opened = { peer: 'peer', state: 'open', cause: 'failed' };
    expect(lines).toMatchObject([{ msg: 'circuit breaker opened', ...opened }]);
    const attempt = vi.fn();
    await expect(call(attempt)).rejects.toMatchObject({ statusCode: 503 });
    expect(attempt).not.toHaveBeenCalled();
  });

  test('its trial continues when the client disconnects, and still decides', async () => {
    const { call, state } = createPolicy();
    for (let calls = 0; calls < 5; calls++) {
      await call(always({ failure: 'failed' }).attempt).catch(() => {});
    }
    now += 500;
    const gone = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    let aborted: boolean | undefined;
    const trial = call(
      ({ signal }) => {
        gone.abort();
        aborted = signal.aborted;
        return promise;
      },
      { signal: gone.signal },
    );
    expect([await state(), aborted]).toEqual(['half_open', false]);
    resolve();
    await trial;
    expect(await state()).toBe('closed');
  });
});

describe('while the event loop of this process is delayed, a timeout', () => {
  beforeEach(() => void overload.eventLoopLateness.mockReturnValue(100));
  afterEach(() => void overload.eventLoopLateness.mockReturnValue(0));

  test('does not open the circuit', async () => {
    const { call, state } = createPolicy();
    for (let calls = 0; calls < 10; calls++) {
      await call(always({ failure: 'timed_out' }, 400).attempt).catch(() => {});
    }
    expect(await state()).toBe('closed');
  });

  test('is retried without a token of the budget', async () => {
    const { call } = createPolicy();
    const late = vi.fn(async ({ previous }: Attempt) => {
      if (previous < 2) throw new Failed({ failure: 'timed_out' });
    });
    for (let calls = 0; calls < 10; calls++) await call(late);
    expect(late).toHaveBeenCalledTimes(30);
  });
});
