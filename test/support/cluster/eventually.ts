import { setTimeout as sleep } from 'node:timers/promises';

export interface EventuallyOptions {
  withinMs: number;
  everyMs?: number;
}

/** Repeats `attempt` until it succeeds; throws its last error after `withinMs`. */
export async function eventually<Result>(
  attempt: () => Promise<Result>,
  { withinMs, everyMs = 500 }: EventuallyOptions,
): Promise<Result> {
  const end = Date.now() + withinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(everyMs);
    }
  }
}
