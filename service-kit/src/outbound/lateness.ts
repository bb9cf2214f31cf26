import { eventLoopLateness } from '../runtime/overload.ts';

const lateMs = 50;

/**
 * Whether this process is late itself. A deadline that passes meanwhile says nothing about the
 * peer, whose answer may wait here to be read.
 */
export function isLate(): boolean {
  return eventLoopLateness() > lateMs;
}
