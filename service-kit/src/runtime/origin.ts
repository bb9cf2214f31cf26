import type { Context } from '@opentelemetry/api';

/** Whose request caused a call. It travels with every call that a handler makes in turn. */
export interface Origin {
  requestId: string;
  /** The trace context. */
  trace: Context;
  /** Aborts when the client disconnects, gives up or runs out of time. */
  signal: AbortSignal;
}
