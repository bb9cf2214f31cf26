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
  /** Deadline of a call, retries included, in ms. The caller's deadline may be earlier. */
  deadlineMs: number;
  /** Timeout of each attempt but the last, which has the remaining time, in ms. */
  attemptTimeoutMs: number;
  metrics: Pick<Metrics, 'circuitBreakerState'>;
  logger: Logger;
  /** Classifies what an attempt threw. */
  outcomeOf: (error: unknown) => Outcome;
}

const maxAttempts = 3;
const firstBackoffMs = 25;
/** Timers may fire this many ms early. */
const timerSlackMs = 5;

export interface Attempt {
  /** Deadline of the attempt, a time of performance.now(). It also ends when `signal` aborts. */
  deadline: number;
  /** The number of attempts before this one. */
  previous: number;
  signal: AbortSignal;
}

/** A call, as the policy sees it. */
export interface Call<Result> {
  /** The caller's deadline and its signal. */
  context: Pick<CallContext, 'deadline' | 'signal'>;
  /** Whether the request may be sent twice. If not, it is retried only if the peer has not received it. */
  repeatable: boolean;
  attempt: (attempt: Attempt) => Promise<Result>;
}

/**
 * Calls a peer that can fail, over gRPC or HTTP: with a deadline for the call, retries within a
 * budget, and a circuit breaker that fails fast while the peer is down. docs/calls.md specifies it.
 *
 * Not gRPC's own retries, because they have no timeout per attempt. With one, a pod that hangs costs
 * one attempt, and the next pod answers.
 */
export class CallPolicy {
  readonly #options: CallPolicyOptions;
  readonly #limit = new ConcurrencyLimit();
  readonly #budget = new RetryBudget();
  readonly #breaker: CircuitBreaker;
  /** How the last failed call ended: why the circuit opened. */
  #cause: string | undefined;

  constructor(options: CallPolicyOptions) {
    const { name, logger } = options;
    this.#options = options;
    this.#breaker = new CircuitBreaker((state) => {
      const why = state === 'open' ? { cause: this.#cause } : {};
      logger.warn({ peer: name, state, ...why }, `circuit breaker ${logWords[state]}`);
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
    // A trial continues when its caller disconnects; otherwise such callers would keep the circuit open.
    const signal = admission.trial ? new AbortController().signal : call.context.signal;
    const started = performance.now();
    try {
      const result = await this.#withRetries(call, deadline, signal);
      this.#breaker.settle(admission, false);
      return result;
    } catch (error) {
      const elapsedMs = performance.now() - started;
      this.#cause = this.#options.outcomeOf(error).failure;
      // A connection that its clients' cancellations closed would fail the calls that they did not wait to have repeated.
      const outage = signal.aborted ? undefined : this.#isOutage(error, call.repeatable, elapsedMs);
      this.#breaker.settle(admission, outage);
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
        // Neither a delay of this process nor one lost connection, which fails all of its calls, is an outage.
        const isFree = failure === 'timed_out' ? isLate() : failure === 'lost' && previous === 0;
        if (!isFree) {
          if (!this.#budget.available) throw error;
          this.#budget.spend();
        }
        await sleep(pause);
      }
    }
  }

  /** Whether a failed call counts for the circuit breaker; undefined if it says nothing of the peer. */
  #isOutage(error: unknown, repeatable: boolean, elapsedMs: number): boolean | undefined {
    const { failure, neutral } = this.#options.outcomeOf(error);
    if (!failure) return neutral ? undefined : false;
    if (!rules[failure].outage) return undefined;
    if (failure === 'lost') return repeatable || undefined; // the connection was lost again, not only once
    if (failure !== 'timed_out') return true;
    // A short deadline of the caller or a delay of this process is not a failure of the peer.
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
