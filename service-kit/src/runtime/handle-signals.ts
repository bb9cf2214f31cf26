/**
 * For a service's main.ts to import before all else: the kernel drops a signal to the first process of a
 * container as long as it has no handler, and all that a service imports takes its time.
 */
import { handleSignals } from './signals.ts';

handleSignals();
