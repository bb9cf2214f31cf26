/** Why a service is not ready; `null` when it is. */
type Reason = string | null;

/**
 * What `/readyz` and gRPC health answer. A service starts not ready, becomes ready once, and when
 * it drains is never ready again. It never depends on another service: an outage of one must not
 * take its callers off the network too.
 */
export class Readiness {
  #reason: Reason = 'starting';
  #listeners: ((ready: boolean) => void)[] = [];
  readonly #notes = new Map<string, string>();

  get reason(): Reason {
    return this.#reason;
  }

  get draining(): boolean {
    return this.#reason === 'draining';
  }

  /** What an operator should see beside the state, such as an injected fault. */
  get notes(): Record<string, string> {
    return Object.fromEntries(this.#notes);
  }

  note(name: string, text: string): void {
    this.#notes.set(name, text);
  }

  ready(): void {
    if (this.#reason === 'starting') this.#set(null);
  }

  drain(): void {
    this.#set('draining');
  }

  /** Calls `listener` at every change. */
  onChange(listener: (ready: boolean) => void): void {
    this.#listeners.push(listener);
  }

  #set(reason: Reason): void {
    this.#reason = reason;
    for (const listener of this.#listeners) listener(reason === null);
  }
}
