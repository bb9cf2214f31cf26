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

/** How late the event loop is, in ms: now or at the last tick, whichever is worse. */
export function eventLoopLateness(): number {
  return Math.max(lastLateness, performance.now() - due);
}

/** Counts a request that was rejected because of overload. */
export function countShed(): void {
  shed += 1;
}

/** How many requests this process has rejected. */
export function requestsShed(): number {
  return shed;
}
