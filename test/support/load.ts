import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd } from './cleanup.ts';

export interface LoadResult {
  total: number;
  /** How often each status came; a request that got none counts as its error's code. */
  statuses: Record<string, number>;
  /** In ms, in the order of the answers. */
  latencies: number[];
}

export interface Load {
  /** What came so far. */
  result: LoadResult;
  /** Resolves when this many more requests have been answered. */
  answered(more: number): Promise<void>;
  /** Starts no more requests and resolves when the last one is answered. */
  stop(): Promise<LoadResult>;
}

/** Gives the status of the answer. */
export type Send = () => Promise<string | number>;

/**
 * Sends requests until stopped: `concurrency` callers, each of which waits for its answer and then
 * `pauseMs`, so that the load is bounded and leaves the machine time for the rest of the test.
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
    stopping = true; // not awaited: a test that failed may have left a caller without its answer
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

/** The value that this share (0 to 1) of the values does not exceed. */
export function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
