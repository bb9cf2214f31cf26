/**
 * Handlers for the signals that end a service. A service's main.ts imports this before all else: the
 * kernel drops a signal to the first process of a container as long as it has no handler.
 */
const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

let drain: (() => void) | undefined;
let draining = false;

for (const [signal, number] of Object.entries(signals)) {
  process.on(signal, () => {
    // Before there is anything to drain, and for whoever asks twice.
    if (!drain || draining) return process.exit(128 + number);
    draining = true;
    drain();
  });
}

/** Has the first of the signals call `callback`, where without it each ends the process at once. */
export function onStopSignal(callback: () => void): void {
  drain = callback;
}
