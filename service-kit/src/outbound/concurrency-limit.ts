import { countShed } from '../runtime/overload.ts';
import { overloaded } from './call-error.ts';

/** More concurrent calls are no faster, and their timeouts would look like failures of the peer. */
const maxCalls = 128;
/**
 * Maximum time in the queue, as a share of the time that a call has. A shorter one serves fewer calls:
 * a rejection costs a third of a response, and its client retries.
 */
const longestWait = 0.75;

/** Limits the number of calls in flight to a peer. Others are queued, first in, first out. */
export class ConcurrencyLimit {
  /** Limited by the servers' admission: each of their requests is in the queue at most once. */
  readonly #waiting: (() => void)[] = [];
  #inFlight = 0;

  /**
   * @param deadline of the call, a time of performance.now()
   * @throws CallError (UNAVAILABLE) if a queued call has less than a quarter of its time left; else
   *   what `call` throws
   */
  async run<Result>(deadline: number, call: () => Promise<Result>): Promise<Result> {
    const arrived = performance.now();
    if (this.#inFlight < maxCalls) this.#inFlight += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      if (performance.now() - arrived > longestWait * (deadline - arrived)) {
        countShed();
        throw overloaded();
      }
      return await call();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#inFlight -= 1;
    }
  }
}
