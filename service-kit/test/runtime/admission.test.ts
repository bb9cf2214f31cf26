import { beforeEach, expect, test, vi } from 'vitest';
import { Admission } from '../../src/runtime/admission.ts';
import { eventLoopLateness, requestsShed } from '../../src/runtime/overload.ts';

/** Holds up the event loop, as too many requests do. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

beforeEach(async () => {
  await vi.waitFor(() => expect(eventLoopLateness()).toBeLessThan(100));
});

const admitted = (admission: Admission, requests: number) =>
  Array.from({ length: requests }, () => admission.admit());

test('admits requests up to the limit, and more when those have ended', () => {
  const admission = new Admission({ requests: 2 });
  const [first] = admitted(admission, 2);
  const before = requestsShed();
  expect(admission.admit()).toBeUndefined();
  expect(requestsShed()).toBe(before + 1);
  first?.release();
  first?.release(); // has no effect
  expect(admission.inFlight).toBe(1);
  expect(admission.admit()).toBeDefined();
  expect(admission.admit()).toBeUndefined();
});

test('limits bodies by their announced size', () => {
  const admission = new Admission({ requests: 10, bodies: 2048 });
  const first = admission.admit(1500);
  expect(admission.admit(1500)).toBeUndefined();
  expect(admission.admit(0)).toBeDefined();
  first?.release();
  expect(admission.admit(1500)).toBeDefined();
});

test('rejects requests while the event loop is late and many are in flight', async () => {
  const admission = new Admission({ requests: 1000 });
  expect(admitted(admission, 500)).not.toContain(undefined);
  block(300);
  expect(admission.admit()).toBeUndefined();
  expect(admission.inFlight).toBe(500); // rejected requests do not count as in flight
  await vi.waitFor(() => expect(admission.admit()).toBeDefined());
});

test('admits requests while the event loop is late and few are in flight', () => {
  const admission = new Admission({ requests: 1000 });
  admitted(admission, 499);
  block(300);
  expect(admission.admit()).toBeDefined();
});
