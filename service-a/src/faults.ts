import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { StatusError } from '@my-app/service-kit/grpc';

/**
 * Faults on purpose, so that dashboards, alerts and callers can be rehearsed: some requests are
 * late, some fail. Off unless configured.
 */
export class Faults {
  readonly #delayMs: number;
  readonly #errorRate: number;

  constructor(delayMs: number, errorRate: number) {
    this.#delayMs = delayMs;
    this.#errorRate = errorRate;
  }

  get active(): boolean {
    return this.#delayMs > 0 || this.#errorRate > 0;
  }

  get description(): string {
    return `each request ${this.#delayMs} ms late, ${this.#errorRate * 100} % fail`;
  }

  /**
   * Waits, unless the caller gives up, and then fails as often as configured.
   *
   * @throws StatusError INTERNAL
   */
  async inject(signal: AbortSignal): Promise<void> {
    await sleep(this.#delayMs, undefined, { signal });
    if (Math.random() < this.#errorRate) throw new StatusError(status.INTERNAL, 'injected fault');
  }
}
