import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BrokenCircuitError, CallPolicy } from '../../../src/grpc/client/call-policy.ts';
import { createMetrics } from '../../../src/runtime/metrics.ts';
import { captureLogs } from '../../support/logs.ts';

const overload = vi.hoisted(() => ({ eventLoopLateness: vi.fn(() => 0) }));
vi.mock('../../../src/runtime/overload.ts', () => overload);

const now = Date.UTC(2026, 0, 1);
const signal = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers({ now, toFake: ['Date'] }); // for deadlines and the breaker's clock
  vi.spyOn(Math, 'random').mockReturnValue(0); // no pause before a retry
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('retries', () => {
  test.each(['UNAVAILABLE', 'DEADLINE_EXCEEDED'] as const)('%s is retried', async (name) => {
    const attempt = vi.fn().mockRejectedValueOnce(failure(status[name])).mockResolvedValue('done');
    await expect(createPolicy().policy.execute(attempt, signal)).resolves.toBe('done');
    expect(attempt).toHaveBeenCalledTimes(2);
  });

  test('there are at most three attempts, and the last error is thrown', async () => {
    const errors = [1, 2, 3].map(() => failure(status.UNAVAILABLE));
    const attempt = vi.fn(async (_deadline: number, previous: number) => {
      throw errors[previous];
    });
    await expect(createPolicy().policy.execute(attempt, signal)).rejects.toBe(errors[2]);
    expect(attempt.mock.calls.map(([, previous]) => previous)).toEqual([0, 1, 2]);
  });

  test.each([
    ['INVALID_ARGUMENT', failure(status.INVALID_ARGUMENT)],
    ['INTERNAL', failure(status.INTERNAL)],
    ['an error that is not from gRPC', new Error('a bug')],
    ['a string', 'a bug'],
  ])('%s is not retried', async (_what, error) => {
    const attempt = vi.fn().mockRejectedValue(error);
    await expect(createPolicy().policy.execute(attempt, signal)).rejects.toBe(error);
    expect(attempt).toHaveBeenCalledOnce();
  });

  test('nothing is retried after the client disconnected', async () => {
    const caller = new AbortController();
    const attempt = vi.fn(async () => {
      caller.abort();
      throw failure(status.UNAVAILABLE);
    });
    await expect(createPolicy().policy.execute(attempt, caller.signal)).rejects.toThrow();
    expect(attempt).toHaveBeenCalledOnce();
  });

  test('a call that grpc-js could not send is retried', async () => {
    const unsent = Object.assign(
      new Error(
        '13 INTERNAL: Failed to start HTTP/2 stream with error New streams cannot be created',
      ),
      { code: status.INTERNAL },
    );
    const attempt = vi.fn().mockRejectedValueOnce(unsent).mockResolvedValue('done');
    await expect(createPolicy().policy.execute(attempt, signal)).resolves.toBe('done');
  });

  test('retries stay within the budget', async () => {
    const { policy } = createPolicy();
    let attempts = 0;
    const flaky = async (_deadline: number, previous: number) => {
      attempts += 1;
      if (previous === 0) throw failure(status.UNAVAILABLE);
    };
    const calls = Array.from({ length: 14 }, () => policy.execute(flaky, signal));
    const results = await Promise.allSettled(calls);
    expect(attempts).toBe(14 + 10);
    expect(results.filter((result) => result.status === 'rejected')).toHaveLength(4);
  });
});

describe('deadlines', () => {
  test('each attempt has a timeout, and the last one the remaining time', async () => {
    const deadlines: number[] = [];
    const attempt = async (deadline: number) => {
      deadlines.push(deadline - now);
      vi.setSystemTime(deadline);
      throw failure(status.DEADLINE_EXCEEDED);
    };
    await expect(createPolicy().policy.execute(attempt, signal)).rejects.toThrow();
    expect(deadlines).toEqual([400, 800, 1000]);
  });

  test('no attempt has more time than the call', async () => {
    const attempt = vi.fn().mockResolvedValue('done');
    await createPolicy({ deadlineMs: 300 }).policy.execute(attempt, signal);
    expect(attempt).toHaveBeenCalledWith(now + 300, 0, signal);
  });

  test('nothing is retried if no time is left', async () => {
    const attempt = vi.fn(async () => {
      vi.setSystemTime(now + 1000);
      throw failure(status.UNAVAILABLE);
    });
    await expect(createPolicy().policy.execute(attempt, signal)).rejects.toThrow();
    expect(attempt).toHaveBeenCalledOnce();
  });
});

describe('circuit breaker', () => {
  test('opens when half of five calls failed, and then rejects without a call', async () => {
    const { policy, state, lines } = createPolicy();
    expect(await state()).toBe('closed');
    await open(policy);
    expect(await state()).toBe('open');
    expect(lines).toMatchObject([{ msg: 'circuit breaker', peer: 'peer', state: 'open' }]);

    const attempt = vi.fn();
    await expect(policy.execute(attempt, signal)).rejects.toThrow(BrokenCircuitError);
    expect(attempt).not.toHaveBeenCalled();
  });

  test('allows a trial call after half a second, and closes when it succeeds', async () => {
    const { policy, state } = createPolicy();
    await open(policy);
    vi.setSystemTime(now + 500);
    const { promise, resolve } = Promise.withResolvers<string>();
    const trial = policy.execute(() => promise, signal);
    expect(await state()).toBe('half_open');

    const other = vi.fn();
    await expect(policy.execute(other, signal)).rejects.toThrow(BrokenCircuitError);
    expect(other).not.toHaveBeenCalled();

    resolve('back');
    await expect(trial).resolves.toBe('back');
    expect(await state()).toBe('closed');
  });

  test('opens again when the trial fails', async () => {
    const { policy, state } = createPolicy();
    await open(policy);
    vi.setSystemTime(now + 500);
    await policy.execute(() => Promise.reject(failure(status.INTERNAL)), signal).catch(() => {});
    expect(await state()).toBe('open');
  });

  test.each(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'INTERNAL', 'UNKNOWN'] as const)(
    '%s counts as an outage',
    async (name) => {
      const { policy, state } = createPolicy({ deadlineMs: 0 }); // no time to retry
      await open(policy, failure(status[name]));
      expect(await state()).toBe('open');
    },
  );

  test.each([
    ['INVALID_ARGUMENT', failure(status.INVALID_ARGUMENT)],
    ['CANCELLED', failure(status.CANCELLED)],
    ['a bug in this process', new Error('a bug')],
  ])('%s does not', async (_what, error) => {
    const { policy, state } = createPolicy();
    await open(policy, error);
    expect(await state()).toBe('closed');
  });
});

describe('while this process is late itself, a missed deadline', () => {
  beforeEach(() => void overload.eventLoopLateness.mockReturnValue(100));
  afterEach(() => void overload.eventLoopLateness.mockReturnValue(0));

  test('does not open the circuit', async () => {
    const { policy, state } = createPolicy();
    await open(policy, failure(status.DEADLINE_EXCEEDED));
    expect(await state()).toBe('closed');
    await open(policy, failure(status.UNAVAILABLE));
    expect(await state()).toBe('open');
  });

  test('is retried at no cost to the budget', async () => {
    const { policy } = createPolicy();
    const late = vi.fn(async (_deadline: number, previous: number) => {
      if (previous < 2) throw failure(status.DEADLINE_EXCEEDED);
    });
    for (let calls = 0; calls < 10; calls++) await policy.execute(late, signal);
    expect(late).toHaveBeenCalledTimes(30);
  });
});

/** Fails often enough to open the circuit, if the error counts as a failure. */
async function open(policy: CallPolicy, error: Error = failure(status.INTERNAL)): Promise<void> {
  for (let calls = 0; calls < 5; calls++) {
    await policy.execute(() => Promise.reject(error), signal).catch(() => {});
  }
}

function createPolicy(options: { deadlineMs?: number } = {}) {
  const metrics = createMetrics();
  const { logger, lines } = captureLogs();
  const policy = new CallPolicy({
    name: 'peer',
    deadlineMs: 1000,
    attemptTimeoutMs: 400,
    metrics,
    logger,
    ...options,
  });
  const state = async () => {
    const { values } = await metrics.circuitBreakerState.get();
    return values
      .filter(({ value }) => value === 1)
      .map(({ labels }) => labels.state)
      .join();
  };
  return { policy, state, lines };
}

function failure(code: status): Error {
  return Object.assign(new Error(status[code]), { code });
}
