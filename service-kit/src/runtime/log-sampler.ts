/** Lets through the first lines of each second, so that a storm of errors does not become one of lines. */
export class LogSampler {
  readonly #perSecond: number;
  #second = 0;
  #lines = 0;
  #leftOut = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** A field for the line, with the number of those left out before it; undefined where it is to be left out, too. */
  next(): { left_out: number | undefined } | undefined {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) this.#lines = 0;
    this.#second = second;
    if (++this.#lines > this.#perSecond) {
      this.#leftOut += 1;
      return undefined;
    }
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return { left_out: leftOut || undefined };
  }
}
