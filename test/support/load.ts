import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd } from './cleanup.ts';

export interface LoadResult {
  total: number;
  /** The number of responses by status; a failed request counts under its error's code. */
  statuses: Record<string, number>;
  /** In ms, in the order of the responses. */
  latencies: number[];
}

export interface Load {
  /** The result so far. */
  result: LoadResult;
  /** Resolves when this many more requests have been answered. */
  answered(more: number): Promise<void>;
  /** Stops sending and resolves when the last request is answered. */
  stop(): Promise<LoadResult>;
}

/** Sends a request and returns the status. */
export type Send = () => Promise<string | number>;

/**
 * Sends requests until stopped: `concurrency` clients, each of which waits for the response and then
 * for `pauseMs`, so that the load is bounded and leaves time for the rest of the test.
 */
export function startLoad(send: Send, { concurrency = 8, pauseMs = 5 } = {}): Load {
  const result: LoadResult = { total: 0, statuses: {}, latencies: [] };
  let stopping = false;

  async function caller(): Promise<void> {
    while (!stopping) {
      const started = performance.now();
      const status = await send().catch((error) => error.code ?? error.message);
      result.latencies.push(performance.now() - started);
      result.statuses[status] = (result.statuses[status] ?? 0) + 1;
      result.total += 1;
      await sleep(pauseMs);
    }
  }

  const callers = Promise.all(Array.from({ length: concurrency }, caller));
  const stop = async (): Promise<LoadResult> => {
    stopping = true;
    await callers;
    return result;
  };
  atEnd(() => {
    stopping = true; // not awaited: after a failed test a response may never come
  });
  return {
    result,
    async answered(more) {
      const wanted = result.total + more;
      while (result.total < wanted) await sleep(5);
    },
    stop,
  };
}

/** The smallest value that at least this share (0 to 1) of the values does not exceed. */
export function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
