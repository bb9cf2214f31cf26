import { performance } from 'node:perf_hooks';

const tickMs = 20;

let due = performance.now() + tickMs;
let lastLateness = 0;
let shed = 0;

setInterval(() => {
  const now = performance.now();
  lastLateness = now - due;
  due = now + tickMs;
}, tickMs).unref();

/** Delay of the event loop in ms: now or at the last tick, whichever is longer. */
export function eventLoopLateness(): number {
  return Math.max(lastLateness, performance.now() - due);
}

/** Counts a request that was rejected because of overload. */
export function countShed(): void {
  shed += 1;
}

/** Number of requests that this process has rejected because of overload. */
export function requestsShed(): number {
  return shed;
}
