/**
 * How an attempt failed, in terms that gRPC and HTTP share:
 *
 * - `unreachable`: no connection was made
 * - `lost`: the connection ended while the peer had the request
 * - `timed_out`: no answer in time
 * - `failed`: the peer answered that it failed, or with something illegal
 * - `overloaded`: the peer refused the request for lack of capacity or quota
 */
export type Failure = 'unreachable' | 'lost' | 'timed_out' | 'failed' | 'overloaded';

/** What the policy needs to know of an attempt that did not succeed. */
export interface Outcome {
  /** Undefined for an answer about the request, such as NOT_FOUND. */
  failure?: Failure | undefined;
  /** The caller gave up, or this process has a bug: it says nothing about the peer. */
  neutral?: boolean;
  /** When the peer asks to be called again, in ms; never if negative. */
  retryAfterMs?: number | undefined;
}

interface Rule {
  /** The peer did not see the request: repeating is always safe. */
  unprocessed: boolean;
  /** Counts for the circuit breaker. A peer that sheds load is not down: an open circuit would waste its capacity. */
  outage: boolean;
}

/** docs/calls.md has this table in words. */
export const rules: Record<Failure, Rule> = {
  unreachable: { unprocessed: true, outage: true },
  lost: { unprocessed: false, outage: true },
  timed_out: { unprocessed: false, outage: true },
  failed: { unprocessed: false, outage: true },
  overloaded: { unprocessed: false, outage: false },
};
