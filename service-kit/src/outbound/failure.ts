/**
 * How an attempt failed, in terms that gRPC and HTTP share:
 *
 * - `unreachable`: no connection was made
 * - `lost`: the connection ended while the peer had the request
 * - `timed_out`: no response in time
 * - `failed`: the peer responded with a server error, or with an invalid response
 * - `overloaded`: the peer rejected the request for lack of capacity or quota
 */
export type Failure = 'unreachable' | 'lost' | 'timed_out' | 'failed' | 'overloaded';

/** How an attempt failed, as far as the policy depends on it. */
export interface Outcome {
  /** Undefined for an error of the request itself, such as NOT_FOUND. */
  failure?: Failure | undefined;
  /** The caller canceled, or this process has a bug: unrelated to the peer's health. */
  neutral?: boolean;
  /** Delay that the peer requested before a retry, in ms. Negative: no retry. */
  retryAfterMs?: number | undefined;
}

interface Rule {
  /** The peer did not receive the request, so a retry is always safe. */
  unprocessed: boolean;
  /** Counts for the circuit breaker. A peer that sheds load is not down: an open circuit would waste its capacity. */
  outage: boolean;
}

/** docs/calls.md explains this table. */
export const rules: Record<Failure, Rule> = {
  unreachable: { unprocessed: true, outage: true },
  lost: { unprocessed: false, outage: true },
  timed_out: { unprocessed: false, outage: true },
  failed: { unprocessed: false, outage: true },
  overloaded: { unprocessed: false, outage: false },
};
