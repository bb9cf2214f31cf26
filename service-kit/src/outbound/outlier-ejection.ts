import type { Outcome } from './failure.ts';
import { isLate } from './lateness.ts';

const firstPauseMs = 1000;
const longestPauseMs = 10_000;
/** The last calls of an address that are judged, and how many it takes. */
const windowSize = 10;
const minimumCalls = 5;
/** A call that timed out sooner says more about its caller. */
const fairWaitMs = 100;

interface Address {
  failed: boolean[];
  /** While the address is ejected. */
  pause?: { until: number; ms: number };
  /** A call was let through although the address is ejected. */
  tried: boolean;
}

/**
 * Which addresses of a peer to leave out. An address is ejected for a second when most of its last calls failed, or when
 * it let one call time out. Then one call tries it, and decides whether it is used again or left out for twice as long.
 *
 * A third of the addresses may be ejected, but always one. Where more than half of them fail, the peer as a whole does, and its
 * load must not move to the rest: none is left out. Times are of `performance.now()`, in ms.
 * In terms of https://github.com/grpc/proposal/blob/master/A50-xds-outlier-detection.md
 */
export class OutlierEjection {
  readonly #addresses = new Map<string, Address>();
  /** In the order of their ejection. */
  readonly #ejected = new Set<string>();

  get known(): number {
    return this.#addresses.size;
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

  /** Judges an address by how a call to it ended, `waitedMs` after it began. */
  record(name: string, { failure, neutral, retryAfterMs }: Outcome, waitedMs: number): void {
    const now = performance.now();
    if (failure === 'timed_out') {
      if (waitedMs >= fairWaitMs && !isLate()) this.silent(name, now);
    } else if (failure === 'unreachable') {
      this.silent(name, now);
    } else if (failure === 'failed' || (failure === 'overloaded' && retryAfterMs === undefined)) {
      // Not where the peer asks for a pause: it sheds load, and without it the others would collapse next.
      this.failed(name, now);
    } else if (!failure && !neutral) {
      this.answered(name);
    }
  }

  /** Its call got no answer in time, or no connection. */
  silent(name: string, now: number): void {
    const address = this.#addresses.get(name);
    if (address) this.#eject(name, address, now);
  }

  /** Its call failed by its own fault. */
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
      if (!address.tried) return; // a call from before
      delete address.pause;
      address.failed = [];
      this.#ejected.delete(name);
    }
    sample(address, false);
  }

  /** Whether the next call must go elsewhere. A "no" for an ejected address is its trial. */
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
