import { setTimeout as sleep } from 'node:timers/promises';
import type { CallContext } from '../runtime/call-context.ts';
import type { Logger } from '../runtime/logging.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { timedOut, unavailable } from './call-error.ts';
import { CircuitBreaker, type CircuitState, circuitStates } from './circuit-breaker.ts';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import { type Outcome, rules } from './failure.ts';
import { isLate } from './lateness.ts';
import { RetryBudget } from './retry-budget.ts';

export interface CallPolicyOptions {
  /** The peer's name, for the metric and the log. */
  name: string;
  /** For the whole call, retries included, in ms. The caller's deadline may be earlier. */
  deadlineMs: number;
  /** For one attempt while another may follow, in ms. The last one has all the time that is left. */
  attemptTimeoutMs: number;
  metrics: Pick<Metrics, 'circuitBreakerState'>;
  logger: Logger;
  /** How an attempt ended that threw this. */
  outcomeOf: (error: unknown) => Outcome;
}

const maxAttempts = 3;
const firstBackoffMs = 25;
/** Timers may fire this much early. */
const timerSlackMs = 5;

export interface Attempt {
  /** A time of performance.now(). The attempt must end then, and when `signal` aborts. */
  deadline: number;
  /** The number of attempts before this one. */
  previous: number;
  signal: AbortSignal;
}

/** A call, as the policy sees it. */
export interface Call<Result> {
  /** The caller's deadline and its signal. */
  context: Pick<CallContext, 'deadline' | 'signal'>;
  /** Whether the request may reach the peer twice. If not, it is repeated only where the peer has not seen it. */
  repeatable: boolean;
  attempt: (attempt: Attempt) => Promise<Result>;
}

/**
 * How to call a peer that can fail, over gRPC and HTTP alike: with a deadline for the call, retries within a budget, and a
 * circuit breaker that fails fast while the peer is down. docs/calls.md has its promises.
 *
 * Not gRPC's own retries, because they have no timeout per attempt. With one, a pod that hangs
 * costs one attempt, and the next pod answers.
 */
export class CallPolicy {
  readonly #options: CallPolicyOptions;
  readonly #limit = new ConcurrencyLimit();
  readonly #budget = new RetryBudget();
  readonly #breaker: CircuitBreaker;

  constructor(options: CallPolicyOptions) {
    const { name, logger } = options;
    this.#options = options;
    this.#breaker = new CircuitBreaker((state) => {
      logger.warn({ peer: name, state }, `circuit breaker ${logWords[state]}`);
      this.#reportState(state);
    });
    this.#reportState('closed');
  }

  /**
   * Attempts a call until it succeeds or must not be retried.
   *
   * @throws CallError: UNAVAILABLE at once while the circuit is open or too many calls are waiting, DEADLINE_EXCEEDED if the caller has
   *   no time left; else what the last attempt threw
   */
  async execute<Result>(call: Call<Result>): Promise<Result> {
    const deadline = Math.min(call.context.deadline, performance.now() + this.#options.deadlineMs);
    if (deadline <= performance.now()) throw timedOut();
    return this.#limit.run(deadline, () => this.#admitted(call, deadline));
  }

  async #admitted<Result>(call: Call<Result>, deadline: number): Promise<Result> {
    const admission = this.#breaker.admit();
    if (!admission) throw unavailable();
    // A trial goes on when its caller leaves, or callers who leave would keep the circuit open.
    const signal = admission.trial ? new AbortController().signal : call.context.signal;
    const started = performance.now();
    try {
      const result = await this.#withRetries(call, deadline, signal);
      this.#breaker.settle(admission, false);
      return result;
    } catch (error) {
      this.#breaker.settle(
        admission,
        this.#isOutage(error, call.repeatable, performance.now() - started),
      );
      throw error;
    }
  }

  async #withRetries<Result>(
    { attempt, repeatable }: Call<Result>,
    deadline: number,
    signal: AbortSignal,
  ): Promise<Result> {
    const { attemptTimeoutMs, outcomeOf } = this.#options;
    for (let previous = 0; ; previous++) {
      const mayRetry = previous + 1 < maxAttempts && this.#budget.available;
      const attemptDeadline =
        mayRetry && repeatable
          ? Math.min(deadline, performance.now() + attemptTimeoutMs)
          : deadline;
      try {
        const result = await attempt({ deadline: attemptDeadline, previous, signal });
        this.#budget.earn();
        return result;
      } catch (error) {
        const { failure, retryAfterMs = 0 } = outcomeOf(error);
        if (!failure || !(repeatable || rules[failure].unprocessed) || retryAfterMs < 0)
          throw error;
        const pause = Math.max(retryAfterMs, Math.random() * firstBackoffMs * 2 ** previous);
        const inTime = performance.now() + pause < deadline;
        if (previous + 1 >= maxAttempts || !inTime || signal.aborted) throw error;
        // Neither this process's lateness nor one lost connection, which takes all of its calls along, is an outage.
        const isFree = failure === 'timed_out' ? isLate() : failure === 'lost' && previous === 0;
        if (!isFree) {
          if (!this.#budget.available) throw error;
          this.#budget.spend();
        }
        await sleep(pause);
      }
    }
  }

  /** Whether a failed call counts for the circuit breaker; undefined if it says nothing about the peer. */
  #isOutage(error: unknown, repeatable: boolean, elapsedMs: number): boolean | undefined {
    const { failure, neutral } = this.#options.outcomeOf(error);
    if (!failure) return neutral ? undefined : false;
    if (!rules[failure].outage) return undefined;
    if (failure === 'lost') return repeatable || undefined; // the connection was lost again, not only once
    if (failure !== 'timed_out') return true;
    // A caller in a hurry, or this process when it is late, would blame the peer for nothing.
    const { attemptTimeoutMs, deadlineMs } = this.#options;
    const fairTimeMs = Math.min(attemptTimeoutMs, deadlineMs) - timerSlackMs;
    return isLate() || elapsedMs < fairTimeMs ? undefined : true;
  }

  #reportState(current: CircuitState): void {
    for (const state of circuitStates) {
      const value = state === current ? 1 : 0;
      this.#options.metrics.circuitBreakerState.set({ name: this.#options.name, state }, value);
    }
  }
}

const logWords: Record<CircuitState, string> = {
  closed: 'closed',
  half_open: 'half-open',
  open: 'opened',
};
