import { setTimeout as sleep } from 'node:timers/promises';

/** Injected faults, to rehearse dashboards, alerts and clients: delays and errors. Off by default. */
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
    return `requests are delayed by ${this.#delayMs} ms, ${this.#errorRate * 100} % fail`;
  }

  /** Waits until the delay is over or `signal` aborts, then throws at the configured rate. */
  async inject(signal: AbortSignal): Promise<void> {
    await sleep(this.#delayMs, undefined, { signal });
    if (Math.random() < this.#errorRate) throw new Error('injected fault');
  }
}
