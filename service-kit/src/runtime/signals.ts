/** The signals that end a service, with their numbers. */
const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

let handled = false;
let drain: (() => void) | undefined;
let draining = false;

/** From here on each of the signals ends the process at once, where the kernel would drop it for PID 1. */
export function handleSignals(): void {
  if (handled) return;
  handled = true;
  for (const [signal, number] of Object.entries(signals)) {
    process.on(signal, () => {
      // Before there is anything to drain, and for whoever asks twice.
      if (!drain || draining) return process.exit(128 + number);
      draining = true;
      drain();
    });
  }
}

/** Has the first of the signals call `callback` instead. */
export function onStopSignal(callback: () => void): void {
  drain = callback;
}
