import { eventLoopLateness } from '../runtime/overload.ts';

const lateMs = 50;

/** Whether this process is late: a timeout then says nothing of the peer, which may have answered. */
export function isLate(): boolean {
  return eventLoopLateness() > lateMs;
}
