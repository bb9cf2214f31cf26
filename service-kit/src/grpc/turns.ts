import { BulkheadRejectedError, bulkhead } from 'cockatiel';
import { countShed } from '../runtime/overload.ts';

/** More calls at a time are no faster, and each of them would take longer: its timeouts would blame the peer. */
const maxCalls = 128;

/** Bounds how many calls to a peer are in flight. Others wait for their turn, in order. */
export class Turns {
  // The queue is as long as the servers let it be: each of their requests waits in it once.
  readonly #bulkhead = bulkhead(maxCalls, Number.POSITIVE_INFINITY);
  readonly #maxWaitMs: number;

  constructor({ deadlineMs, attemptTimeoutMs }: { deadlineMs: number; attemptTimeoutMs: number }) {
    this.#maxWaitMs = deadlineMs - Math.min(attemptTimeoutMs, deadlineMs / 2);
  }

  /**
   * @throws BulkheadRejectedError if the turn comes so late that what is left of the deadline is too short for an attempt, and
   *   less than half; else what `call` throws
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
