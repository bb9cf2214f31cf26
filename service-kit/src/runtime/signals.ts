/** The signals that end a service, with their numbers. */
const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

let handled = false;
let drain: (() => void) | undefined;
let draining = false;

/** From now on, each of the signals ends the process at once. By default, the kernel drops them for PID 1. */
export function handleSignals(): void {
  if (handled) return;
  handled = true;
  for (const [signal, number] of Object.entries(signals)) {
    process.on(signal, () => {
      // On a signal during startup, when there is nothing to drain, and on a second signal.
      if (!drain || draining) return process.exit(128 + number);
      draining = true;
      drain();
    });
  }
}

/** Makes the first signal call `callback` instead. */
export function onStopSignal(callback: () => void): void {
  drain = callback;
}
