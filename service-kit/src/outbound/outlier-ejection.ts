import type { Outcome } from './failure.ts';
import { isLate } from './lateness.ts';

const firstPauseMs = 1000;
const longestPauseMs = 10_000;
/** An address is ejected by the failures among this many last calls, and not with fewer than the minimum. */
const windowSize = 10;
const minimumCalls = 5;
/** Shorter timeouts are ignored: the deadline of the caller was too short. */
const fairWaitMs = 100;

interface Address {
  failed: boolean[];
  /** Set while the address is ejected. */
  pause?: { until: number; ms: number };
  /** A trial call to the ejected address was admitted. */
  tried: boolean;
}

/**
 * Ejects failing addresses of a peer: for a second when most of the last calls failed, or when one
 * call timed out. Then a trial call decides whether the address is used again or ejected for twice as
 * long.
 *
 * At most a third of the addresses is ejected, but one always may be. If more than half of them fail,
 * none is ejected: the peer as a whole has failed, and its load must not move to the rest. Times are
 * of `performance.now()`, in ms. In terms of
 * https://github.com/grpc/proposal/blob/master/A50-xds-outlier-detection.md
 */
export class OutlierEjection {
  readonly #addresses = new Map<string, Address>();
  /** In the order of their ejection. */
  readonly #ejected = new Set<string>();

  get known(): number {
    return this.#addresses.size;
  }

  isEjected(name: string): boolean {
    return this.#ejected.has(name);
  }

  /** Replaces the addresses of the peer, and forgets those that it no longer has. */
  update(addresses: string[]): void {
    for (const address of this.#addresses.keys()) {
      if (!addresses.includes(address)) {
        this.#addresses.delete(address);
        this.#ejected.delete(address);
      }
    }
    for (const name of addresses) {
      if (!this.#addresses.has(name)) this.#addresses.set(name, { failed: [], tried: false });
    }
  }

  /** Records how a call to an address ended, `waitedMs` after it began. */
  record(name: string, { failure, neutral, retryAfterMs }: Outcome, waitedMs: number): void {
    const now = performance.now();
    if (failure === 'timed_out') {
      if (waitedMs >= fairWaitMs && !isLate()) this.silent(name, now);
    } else if (failure === 'unreachable') {
      this.silent(name, now);
    } else if (failure === 'failed' || (failure === 'overloaded' && retryAfterMs === undefined)) {
      // Not if the peer requests a delay: it sheds load, and ejecting it would overload the others.
      this.failed(name, now);
    } else if (!failure && !neutral) {
      this.answered(name);
    }
  }

  /** A call timed out, or there was no connection. */
  silent(name: string, now: number): void {
    const address = this.#addresses.get(name);
    if (address) this.#eject(name, address, now);
  }

  /** A call failed because of the address. */
  failed(name: string, now: number): void {
    const address = this.#addresses.get(name);
    if (!address) return;
    sample(address, true);
    const failures = address.failed.filter(Boolean).length;
    if (address.failed.length >= minimumCalls && failures * 2 > address.failed.length) {
      this.#eject(name, address, now);
    }
  }

  answered(name: string): void {
    const address = this.#addresses.get(name);
    if (!address) return;
    if (address.pause) {
      if (!address.tried) return; // a call from before the ejection
      delete address.pause;
      address.failed = [];
      this.#ejected.delete(name);
    }
    sample(address, false);
  }

  /** Whether the next call must use another address. False for an ejected address admits its trial call. */
  skips(name: string, now: number): boolean {
    const address = this.#addresses.get(name);
    const pause = address?.pause;
    if (!pause) return false;
    if (now < pause.until && this.#mayLeaveOut(name)) return true;
    address.tried = true;
    if (now >= pause.until) {
      pause.ms = Math.min(pause.ms * 2, longestPauseMs);
      pause.until = now + pause.ms;
    }
    return false;
  }

  #eject(name: string, address: Address, now: number): void {
    address.tried = false;
    if (address.pause) return; // doubled when it was tried
    address.pause = { until: now + firstPauseMs, ms: firstPauseMs };
    address.failed = [];
    this.#ejected.add(name);
  }

  #mayLeaveOut(name: string): boolean {
    if (this.#ejected.size * 2 > this.known) return false;
    const most = Math.max(1, Math.floor(this.known / 3));
    return this.#ejected.size <= most || [...this.#ejected].indexOf(name) < most;
  }
}

function sample({ failed }: Address, hasFailed: boolean): void {
  failed.push(hasFailed);
  if (failed.length > windowSize) failed.shift();
}
