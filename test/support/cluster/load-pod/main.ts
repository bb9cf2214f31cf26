/**
 * Generates load inside the cluster at a constant rate, regardless of the responses. The first argument
 * is the targets, as JSON. On port 8080, GET / returns the results so far (503 until every target has
 * responded once), and POST / returns the final results and ends the process.
 */
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Send, senderFor } from './senders.ts';
import type { TargetResult, Targets } from './targets.ts';

const maxInFlight = 200;
const maxFailuresReported = 5;
const stallMs = 1000;

const targets: Targets = JSON.parse(process.argv[2] ?? '{}');
const stopping = new AbortController();

class Load {
  readonly #send: Send;
  readonly #latencies: number[] = [];
  readonly #failures: string[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  #failed = 0;

  constructor(send: Send) {
    this.#send = send;
  }

  /** A new pod's network may need a moment, so failures before the first success are not counted. */
  async warmUp(): Promise<void> {
    for (;;) {
      try {
        return await this.#send();
      } catch (error) {
        console.log(reasonOf(error as Error));
        await sleep(200);
      }
    }
  }

  async run(perSecond: number): Promise<void> {
    const started = performance.now();
    for (let sent = 0; !stopping.signal.aborted; sent++) {
      await sleep(Math.max(0, started + (sent * 1000) / perSecond - performance.now()));
      if (this.#inFlight.size >= maxInFlight) this.#fail(`${maxInFlight} requests are in flight`);
      else this.#start();
    }
    await Promise.all(this.#inFlight);
  }

  get result(): TargetResult {
    const sorted = this.#latencies.toSorted((one, other) => one - other);
    const quantile = (share: number) => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
    return {
      requests: sorted.length,
      failed: this.#failed,
      failures: this.#failures,
      p50: quantile(0.5),
      p99: quantile(0.99),
      slowest: Math.round(sorted.at(-1) ?? 0),
    };
  }

  #start(): void {
    const started = performance.now();
    const request = this.#send()
      .catch((error: Error) => this.#fail(reasonOf(error)))
      .then(() => {
        this.#latencies.push(performance.now() - started);
        this.#inFlight.delete(request);
      });
    this.#inFlight.add(request);
  }

  #fail(reason: string): void {
    this.#failed += 1;
    if (this.#failures.length < maxFailuresReported) {
      this.#failures.push(`${new Date().toISOString()} ${reason}`);
    }
  }
}

const reasonOf = ({ message, cause }: Error): string => `${message} ${cause ?? ''}`;

const loads = Object.entries(targets).map(
  ([name, target]) => [name, target, new Load(senderFor(target))] as const,
);
const results = (): string =>
  JSON.stringify(Object.fromEntries(loads.map(([name, , load]) => [name, load.result])));
let warm = false;

createServer(async (request, response) => {
  if (request.method === 'POST') {
    stopping.abort();
    await running;
    response.end(results(), () => process.exit());
  } else {
    response.writeHead(warm ? 200 : 503).end(results());
  }
}).listen(8080);

// Shows whether a test failed because the machine had no free CPU.
let lastTurn = performance.now();
setInterval(() => {
  const since = performance.now() - lastTurn;
  if (since > stallMs) console.log(`had no CPU time for ${Math.round(since)} ms`);
  lastTurn = performance.now();
}, 100).unref();

await Promise.all(loads.map(([, , load]) => load.warmUp()));
warm = true;
const running = Promise.all(loads.map(([, target, load]) => load.run(target.perSecond)));
