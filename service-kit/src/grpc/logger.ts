import { setLogger } from '@grpc/grpc-js';
import type { Logger } from '../runtime/logging.ts';

/** Sends grpc-js's own messages to the log. By default they are plain text on stderr. */
export function logGrpcErrors(logger: Logger): void {
  setLogger({ error: (message: string) => logger.warn(`grpc-js: ${message}`) });
}
