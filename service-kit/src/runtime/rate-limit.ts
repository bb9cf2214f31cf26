/** Allows a fixed number of events per second. */
export class RateLimit {
  readonly #perSecond: number;
  #second = 0;
  #allowed = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  allow(): boolean {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) this.#allowed = 0;
    this.#second = second;
    this.#allowed += 1;
    return this.#allowed <= this.#perSecond;
  }
}
