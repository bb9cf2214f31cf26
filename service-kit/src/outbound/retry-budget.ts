const capacity = 10;
const perSuccess = 0.1;

/**
 * Keeps retries from amplifying an outage: a retry costs a token, and ten successes earn one. gRPC
 * calls this retry throttling: https://github.com/grpc/proposal/blob/master/A6-client-retries.md
 */
export class RetryBudget {
  #tokens = capacity;

  get available(): boolean {
    return this.#tokens >= 1;
  }

  spend(): void {
    this.#tokens -= 1;
  }

  earn(): void {
    this.#tokens = Math.min(capacity, this.#tokens + perSuccess);
  }
}
