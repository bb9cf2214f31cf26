import { BulkheadRejectedError, bulkhead } from 'cockatiel';
import { countShed } from '../runtime/overload.ts';

/** More calls at a time are no faster, and each of them would take longer: its timeouts would blame the peer. */
const maxCalls = 128;
/** As long as a caller may have to wait in a burst; beyond that, this process has more to do than it can. */
const maxWaitMs = 400;

/** Bounds how many calls to a peer are in flight. Others wait for their turn, in order. */
export class Turns {
  // The queue is as long as the servers let it be: each of their requests waits in it once.
  readonly #bulkhead = bulkhead(maxCalls, Number.POSITIVE_INFINITY);

  /** @throws BulkheadRejectedError if the turn comes after more than 400 ms, else what `call` throws */
  take<Result>(call: () => Promise<Result>): Promise<Result> {
    const arrived = performance.now();
    return this.#bulkhead.execute(() => {
      if (performance.now() - arrived <= maxWaitMs) return call();
      countShed();
      throw new BulkheadRejectedError(maxCalls, this.#bulkhead.queueSlots);
    });
  }
}
