/** Why the service is not ready, or `null` if it is. */
type Reason = string | null;

/**
 * The state that `/readyz` and gRPC health report. A service starts not ready, becomes ready once, and
 * never again after it starts to drain. Readiness must not depend on another service; otherwise the
 * outage of one would spread to its clients.
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

  /** Notes that `/readyz` shows next to the state, such as injected faults. */
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

  /** Calls `listener` on every change. */
  onChange(listener: (ready: boolean) => void): void {
    this.#listeners.push(listener);
  }

  #set(reason: Reason): void {
    this.#reason = reason;
    for (const listener of this.#listeners) listener(reason === null);
  }
}
