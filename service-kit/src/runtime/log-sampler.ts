import { RateLimit } from './rate-limit.ts';

/** Passes only the first lines of each second, so that an error storm does not flood the log. */
export class LogSampler extends RateLimit {
  #suppressed = 0;

  /** A field for the line, with the number of lines suppressed before it; undefined if this one is suppressed, too. */
  next(): { suppressed: number | undefined } | undefined {
    if (!this.allow()) {
      this.#suppressed += 1;
      return undefined;
    }
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    return { suppressed: suppressed || undefined };
  }
}
