import { setTimeout as sleep } from 'node:timers/promises';

export interface EventuallyOptions {
  withinMs: number;
  everyMs?: number;
}

/** Tries until `attempt` does not throw any more; throws its last error when the time is over. */
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
