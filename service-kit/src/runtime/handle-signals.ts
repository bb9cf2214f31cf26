/**
 * The first import of a service's main.ts: the kernel drops a signal to PID 1 of a container until it
 * has a handler, and loading the other imports takes time.
 */
import { handleSignals } from './signals.ts';

handleSignals();
