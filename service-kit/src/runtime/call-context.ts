import type { Context } from '@opentelemetry/api';

/** Maximum duration of a call, in ms, whatever the client's deadline. HTTP has no header for a deadline. */
export const longestCallMs = 60_000;

/** The longest time of setTimeout, in ms: 24.8 days. It takes a longer one for 1 ms. */
export const longestTimerMs = 2 ** 31 - 1;

/** Who makes a request, once a service has verified it: docs/tokens.md. */
export interface Caller {
  /** Unique where the caller is registered. */
  subject: string;
  /** The verified credentials, for services that verify them as well: a value of `authorization`. */
  authorization: string;
}

/** Context of the inbound request. It travels with every call that a handler makes. */
export interface CallContext {
  requestId: string;
  /** The trace context. */
  trace: Context;
  /** Aborts when the client disconnects or cancels, and at the deadline. */
  signal: AbortSignal;
  /** The caller's deadline, a time of performance.now(): it bounds every call made for the request. */
  deadline: number;
  caller?: Caller;
}
