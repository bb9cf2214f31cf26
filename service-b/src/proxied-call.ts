import { HttpClientCall } from '@my-app/service-kit/http';
import type { Metrics } from '@my-app/service-kit/runtime';
import type { FastifyRequest } from 'fastify';

export const deadlineExceeded = 'DEADLINE_EXCEEDED';
export const clientLeft = 'CANCELLED';

interface Options {
  deadlineMs: number;
  metrics: Pick<Metrics, 'httpClientDuration'>;
}

/** A request to Service A with a deadline. It is cancelled when its client disconnects. */
export class ProxiedCall extends HttpClientCall {
  readonly #controller = new AbortController();
  readonly #deadline: NodeJS.Timeout;

  constructor({ method, callContext }: FastifyRequest, url: URL, { deadlineMs, metrics }: Options) {
    super({ method, url, parent: callContext.trace, metrics });
    this.#deadline = setTimeout(() => this.#abort(deadlineExceeded), deadlineMs);
    const { signal } = callContext;
    if (signal.aborted) this.#abort(clientLeft);
    else signal.addEventListener('abort', () => this.#abort(clientLeft));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  override finish(status: number | undefined, errorType?: string): void {
    clearTimeout(this.#deadline);
    super.finish(status, errorType);
  }

  #abort(code: string): void {
    this.#controller.abort(Object.assign(new Error(code), { code }));
  }
}
