/** Lets through the first lines of each second, so that a storm of errors does not become one of lines. */
export class LogSampler {
  readonly #perSecond: number;
  #second = 0;
  #lines = 0;
  #suppressed = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** A field for the line, with the number of lines suppressed before it; undefined if this one is suppressed, too. */
  next(): { suppressed: number | undefined } | undefined {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) this.#lines = 0;
    this.#second = second;
    if (++this.#lines > this.#perSecond) {
      this.#suppressed += 1;
      return undefined;
    }
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    return { suppressed: suppressed || undefined };
  }
}
