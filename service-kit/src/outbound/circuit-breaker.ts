/** The names are values of a metric label. */
export type CircuitState = 'closed' | 'half_open' | 'open';

export const circuitStates: CircuitState[] = ['closed', 'half_open', 'open'];

/** The circuit opens by the failures among this many last calls, and not with fewer than the minimum. */
const windowSize = 20;
const minimumCalls = 5;
const openMs = 500;

/** A call that the circuit breaker admitted. */
export interface Admission {
  /** The one call that decides whether a half-open circuit closes. */
  trial: boolean;
  generation: number;
}

/**
 * Rejects calls after more than half of the last calls failed. After 500 ms, a trial call decides
 * whether it closes. Not cockatiel, which measures that time with Date.now: if the clock is set back
 * an hour, its circuit stays open for an hour.
 */
export class CircuitBreaker {
  readonly #onChange: (state: CircuitState) => void;
  #state: CircuitState = 'closed';
  #failed: boolean[] = [];
  #openedAt = 0;
  /** Number of state changes. Calls that began before the last one are ignored. */
  #generation = 0;

  constructor(onChange: (state: CircuitState) => void) {
    this.#onChange = onChange;
  }

  /** Admits a call, which must be settled; undefined while the circuit is open, or its trial is in flight. */
  admit(): Admission | undefined {
    if (this.#state === 'closed') return { trial: false, generation: this.#generation };
    if (this.#state === 'half_open' || performance.now() - this.#openedAt < openMs)
      return undefined;
    this.#enter('half_open');
    return { trial: true, generation: this.#generation };
  }

  /** Ends an admitted call; `failed` is undefined if the result is unrelated to the peer's health. */
  settle({ trial, generation }: Admission, failed: boolean | undefined): void {
    if (generation !== this.#generation) return;
    if (trial) this.#enter(failed ? 'open' : 'closed');
    else if (failed !== undefined) this.#sample(failed);
  }

  #sample(failed: boolean): void {
    this.#failed.push(failed);
    if (this.#failed.length > windowSize) this.#failed.shift();
    const failures = this.#failed.filter(Boolean).length;
    if (this.#failed.length >= minimumCalls && failures * 2 > this.#failed.length) {
      this.#enter('open');
    }
  }

  #enter(state: CircuitState): void {
    this.#state = state;
    this.#generation += 1;
    this.#failed = [];
    if (state === 'open') this.#openedAt = performance.now();
    this.#onChange(state);
  }
}
