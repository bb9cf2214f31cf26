import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  CountBreaker,
  circuitBreaker,
  handleWhen,
} from 'cockatiel';
import type { Logger } from '../../runtime/logging.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import { isLate } from './lateness.ts';
import { RetryBudget } from './retry-budget.ts';

export { BrokenCircuitError } from 'cockatiel';

export interface CallPolicyOptions {
  /** The peer's name, for the metric and the log. */
  name: string;
  /** For the whole call, retries included. */
  deadlineMs: number;
  /** For one attempt while another may follow. The last one has all the time that is left. */
  attemptTimeoutMs: number;
  metrics: Pick<Metrics, 'circuitBreakerState'>;
  logger: Logger;
}

const maxAttempts = 3;
const breakerResetMs = 500;
const firstBackoffMs = 25;

/**
 * `deadline` is a Unix time in ms, `previous` the number of attempts before this one. It must end
 * when `signal` aborts.
 */
type RunAttempt<Result> = (
  deadline: number,
  previous: number,
  signal: AbortSignal,
) => Promise<Result>;

/**
 * How to call a peer that can fail: with a deadline for the call, retries within a budget, and a
 * circuit breaker that fails fast while the peer is down.
 *
 * Not gRPC's own retries, because they have no timeout per attempt. With one, a pod that hangs
 * costs one attempt, and the next pod answers.
 */
export class CallPolicy {
  readonly #options: CallPolicyOptions;
  readonly #turns: ConcurrencyLimit;
  readonly #budget = new RetryBudget();
  readonly #breaker: CircuitBreakerPolicy;
  /** Deadlines that this process missed by its own lateness. */
  readonly #ownFaults = new WeakSet<Error>();

  constructor(options: CallPolicyOptions) {
    this.#options = options;
    this.#turns = new ConcurrencyLimit(options.deadlineMs);
    const isFailure = (error: unknown): boolean =>
      isOutage(error) && !this.#ownFaults.has(error as Error);
    this.#breaker = circuitBreaker(handleWhen(isFailure), {
      halfOpenAfter: breakerResetMs,
      breaker: new CountBreaker({ threshold: 0.5, size: 20, minimumNumberOfCalls: 5 }),
    });
    this.#breaker.onStateChange((state) => {
      options.logger.warn({ peer: options.name, state: stateNames[state] }, 'circuit breaker');
      this.#reportState(state);
    });
    this.#reportState(CircuitState.Closed);
  }

  /**
   * Runs `attempt` until it succeeds or must not be retried.
   *
   * @throws BrokenCircuitError at once while the circuit is open, BulkheadRejectedError if too many calls are
   *   before this one, else what the last attempt threw
   */
  execute<Result>(attempt: RunAttempt<Result>, signal: AbortSignal): Promise<Result> {
    const deadline = Date.now() + this.#options.deadlineMs;
    return this.#turns.take(() => this.#call(attempt, deadline, signal));
  }

  #call<Result>(
    attempt: RunAttempt<Result>,
    deadline: number,
    signal: AbortSignal,
  ): Promise<Result> {
    if (this.#breaker.state === CircuitState.HalfOpen) {
      // One call tries the peer; cockatiel would make the others wait for its result.
      return Promise.reject(new BrokenCircuitError());
    }
    return this.#breaker.execute(() => {
      // A trial goes on when its caller leaves, or callers who leave would keep the circuit open.
      const isTrial = this.#breaker.state === CircuitState.HalfOpen;
      return this.#withRetries(attempt, deadline, isTrial ? new AbortController().signal : signal);
    });
  }

  async #withRetries<Result>(
    attempt: RunAttempt<Result>,
    deadline: number,
    signal: AbortSignal,
  ): Promise<Result> {
    const { attemptTimeoutMs } = this.#options;
    for (let previous = 0; ; previous++) {
      const mayRetry = previous + 1 < maxAttempts && this.#budget.available;
      const attemptDeadline = mayRetry
        ? Math.min(deadline, Date.now() + attemptTimeoutMs)
        : deadline;
      try {
        const result = await attempt(attemptDeadline, previous, signal);
        this.#budget.earn();
        return result;
      } catch (error) {
        const isOwnFault = codeOf(error) === status.DEADLINE_EXCEEDED && isLate();
        if (isOwnFault) this.#ownFaults.add(error as Error);
        const pause = Math.random() * firstBackoffMs * 2 ** previous;
        const inTime = Date.now() + pause < deadline;
        if (!mayRetry || !inTime || signal.aborted || !isRetryable(error)) throw error;
        if (!this.#budget.available) throw error; // Concurrent calls may have spent it.
        if (!isOwnFault) this.#budget.spend();
        await sleep(pause);
      }
    }
  }

  #reportState(current: CircuitState): void {
    for (const [state, name] of Object.entries(stateNames)) {
      this.#options.metrics.circuitBreakerState.set(
        { name: this.#options.name, state: name },
        Number(state) === current ? 1 : 0,
      );
    }
  }
}

const stateNames: Record<number, string> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half_open',
  [CircuitState.Open]: 'open',
};

/** Unavailable or too late. Safe to retry, as the methods here are idempotent. */
function isRetryable(error: unknown): boolean {
  const code = codeOf(error);
  return code === status.UNAVAILABLE || code === status.DEADLINE_EXCEEDED || lostConnection(error);
}

/**
 * The connection was closing, which grpc-js calls INTERNAL, as its own retries would hide it:
 * https://github.com/grpc/grpc-node/blob/%40grpc/grpc-js%401.14.0/packages/grpc-js/src/load-balancing-call.ts
 * Or the peer gave it up, as Node.js does after a thousand cancelled calls.
 */
function lostConnection(error: unknown): boolean {
  return (
    error instanceof Error && /Failed to start HTTP\/2 stream|Session closed/.test(error.message)
  );
}

/** The peer failed, rather than rejected the request. */
function isOutage(error: unknown): boolean {
  const code = codeOf(error);
  return isRetryable(error) || code === status.INTERNAL || code === status.UNKNOWN;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
