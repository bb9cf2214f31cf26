import type { Context } from '@opentelemetry/api';

/** No call takes longer, in ms, whatever its client allows. Over HTTP no header says what it allows. */
export const longestCallMs = 60_000;

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
  /** Aborts when the client disconnects, gives up or runs out of time. */
  signal: AbortSignal;
  /** When the caller stops waiting: a time of performance.now(), which no step of the clock moves. Bounds every call made for it. */
  deadline: number;
  caller?: Caller;
}
