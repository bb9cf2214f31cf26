import { setLogger } from '@grpc/grpc-js';
import { LogSampler } from '../runtime/log-sampler.ts';
import type { Logger } from '../runtime/logging.ts';

const linesPerSecond = 5;

/** The rest of this message quotes the value, which may be a token. */
const metadataFailure = /^(Failed to add metadata entry [^:]*):.*/s;

/**
 * Sends grpc-js's own messages to the log, a few a second, without values of metadata. By default they are plain text on
 * stderr.
 */
export function logGrpcErrors(logger: Logger): void {
  const sampler = new LogSampler(linesPerSecond);
  setLogger({
    error(message: string) {
      const fields = sampler.next();
      if (fields) logger.warn(fields, `grpc-js: ${message.replace(metadataFailure, '$1')}`);
    },
  });
}
