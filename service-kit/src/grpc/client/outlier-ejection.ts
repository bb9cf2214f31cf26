const firstPauseMs = 1000;
const longestPauseMs = 10_000;

interface Pause {
  until: number;
  ms: number;
}

/**
 * Which of a peer's addresses do not answer. Such an address is skipped for a second, then tried
 * with one call, and skipped for twice as long where that is not answered either. Where more than
 * half of them are silent, the peer is slow as a whole, and its load must not move to the rest:
 * none is skipped. Times are of `performance.now()`, in ms.
 */
export class OutlierEjection {
  readonly #pauses = new Map<string, Pause>();
  #known: string[] = [];

  get known(): number {
    return this.#known.length;
  }

  /** Replaces the addresses of the peer, and forgets those that it no longer has. */
  update(addresses: string[]): void {
    this.#known = addresses;
    for (const address of this.#pauses.keys()) {
      if (!addresses.includes(address)) this.#pauses.delete(address);
    }
  }

  timedOut(address: string, now: number): void {
    if (this.#pauses.has(address)) return; // doubled when it was tried
    this.#pauses.set(address, { until: now + firstPauseMs, ms: firstPauseMs });
  }

  answered(address: string): void {
    this.#pauses.delete(address);
  }

  /** Whether the next call must go elsewhere. A "no" for a silent address is its trial. */
  skips(address: string, now: number): boolean {
    const pause = this.#pauses.get(address);
    if (!pause || this.#pauses.size * 2 > this.#known.length) return false;
    if (now < pause.until) return true;
    pause.ms = Math.min(pause.ms * 2, longestPauseMs);
    pause.until = now + pause.ms;
    return false;
  }
}
