import { performance } from 'node:perf_hooks';

const tickMs = 20;
const lateMs = 250;
/** More than it takes to keep a process busy. */
const manyRequests = 500;

let due = performance.now() + tickMs;
let lastLateness = 0;
let shed = 0;

setInterval(() => {
  const now = performance.now();
  lastLateness = now - due;
  due = now + tickMs;
}, tickMs).unref();

/** How late the event loop is, in ms: at this moment or a moment ago, whichever is worse. */
export function eventLoopLateness(): number {
  return Math.max(lastLateness, performance.now() - due);
}

/**
 * Whether this process has more to do than it can, so that one more request would wait longer than
 * its caller does. A late event loop alone does not say so: a start, or a neighbour on the machine,
 * holds it up too, and then it is not the requests that must become fewer. Each "yes" counts as a
 * request that was turned away.
 */
export function isOverloaded(requestsUnderWay: number): boolean {
  const overloaded = requestsUnderWay >= manyRequests && eventLoopLateness() > lateMs;
  if (overloaded) countShed();
  return overloaded;
}

/** Counts a request that was turned away for another reason: a bound that it would have exceeded. */
export function countShed(): void {
  shed += 1;
}

/** How many requests this process has turned away. */
export function requestsShed(): number {
  return shed;
}
