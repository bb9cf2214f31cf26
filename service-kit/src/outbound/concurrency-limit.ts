import { countShed } from '../runtime/overload.ts';
import { overloaded } from './call-error.ts';

/** More calls at a time are no faster, and their timeouts would look like failures of the peer. */
const maxCalls = 128;
/**
 * As a share of the time that a call has. A shorter wait serves fewer: a refusal costs a third of an answer, and its client
 * tries again.
 */
const longestWait = 0.75;

/** Bounds how many calls to a peer are in flight. Others wait, in order. */
export class ConcurrencyLimit {
  /** As long as the servers let it be: each of their requests waits in it once. */
  readonly #waiting: (() => void)[] = [];
  #inFlight = 0;

  /**
   * @param deadline of the call, a time of performance.now()
   * @throws CallError (UNAVAILABLE) if the turn comes so late that less than a quarter of the call's time is left; else what `call`
   *   throws
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
