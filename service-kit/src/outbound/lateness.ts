import { eventLoopLateness } from '../runtime/overload.ts';

const lateMs = 50;

/**
 * Whether the event loop of this process is delayed. A timeout meanwhile is not a failure of the peer,
 * whose response may have arrived already.
 */
export function isLate(): boolean {
  return eventLoopLateness() > lateMs;
}
