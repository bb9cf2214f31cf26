import type { Context } from '@opentelemetry/api';
import { type CallContext, type Caller, longestCallMs } from '../runtime/call-context.ts';

/**
 * Creates a signal only for handlers that read it. Fastify's own `request.signal` aborts at the end of
 * every request, and the error it creates for that costs as much as the rest of Fastify.
 */
export class RequestContext implements CallContext {
  readonly requestId: string;
  readonly trace: Context;
  readonly deadline = performance.now() + longestCallMs;
  caller?: Caller;
  #disconnected = false;
  #controller: AbortController | undefined;

  constructor(requestId: string, trace: Context) {
    this.requestId = requestId;
    this.trace = trace;
  }

  get signal(): AbortSignal {
    if (this.#disconnected) return AbortSignal.abort();
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  /** The client disconnected before it received its response. */
  disconnected(): void {
    this.#disconnected = true;
    this.#controller?.abort();
  }
}
