import { BulkheadRejectedError, bulkhead } from 'cockatiel';
import { countShed } from '../../runtime/overload.ts';

/** More calls at a time are no faster, and each of them would take longer: its timeouts would blame the peer. */
const maxCalls = 128;
/** As a share of the deadline. A shorter one serves fewer: a refusal costs a third of an answer, and its client asks again. */
const longestWait = 0.75;

/** Bounds how many calls to a peer are in flight. Others wait for their turn, in order. */
export class ConcurrencyLimit {
  // The queue is as long as the servers let it be: each of their requests waits in it once.
  readonly #bulkhead = bulkhead(maxCalls, Number.POSITIVE_INFINITY);
  readonly #maxWaitMs: number;

  constructor(deadlineMs: number) {
    this.#maxWaitMs = longestWait * deadlineMs;
  }

  /**
   * @throws BulkheadRejectedError if the turn comes so late that less than a quarter of the deadline is left; else what `call`
   *   throws
   */
  take<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.#bulkhead.executionSlots > 0) return this.#bulkhead.execute(call);
    const arrived = performance.now();
    return this.#bulkhead.execute(() => {
      if (performance.now() - arrived <= this.#maxWaitMs) return call();
      countShed();
      throw new BulkheadRejectedError(maxCalls, this.#bulkhead.queueSlots);
    });
  }
}
