import { setTimeout as sleep } from 'node:timers/promises';

/** Each request is delayed by `delayMs`, and a share of requests, 0 to 1, fails. */
export interface Fault {
  delayMs: number;
  errorRate: number;
}

/** Injected faults, to rehearse dashboards, alerts and clients. They can be changed at run time. */
export class Faults {
  #current: Fault;
  readonly #onChange: (description: string) => void;

  /** Calls `onChange` with a description at every change, and at once if a fault is active initially. */
  constructor(initial: Fault, onChange: (description: string) => void) {
    this.#current = initial;
    this.#onChange = onChange;
    if (this.active) onChange(this.description);
  }

  get current(): Fault {
    return this.#current;
  }

  get active(): boolean {
    return this.#current.delayMs > 0 || this.#current.errorRate > 0;
  }

  get description(): string {
    if (!this.active) return 'none';
    const { delayMs, errorRate } = this.#current;
    return `faults are injected: requests are delayed by ${delayMs} ms, ${errorRate * 100} % fail`;
  }

  set(fault: Fault): void {
    this.#current = fault;
    this.#onChange(this.description);
  }

  /** Waits until the delay is over or `signal` aborts, then throws at the current rate. */
  async inject(signal: AbortSignal): Promise<void> {
    const { delayMs, errorRate } = this.#current;
    await sleep(delayMs, undefined, { signal });
    if (Math.random() < errorRate) throw new Error('injected fault');
  }
}
