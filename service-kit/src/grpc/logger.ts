import { setLogger } from '@grpc/grpc-js';
import { LogSampler } from '../runtime/log-sampler.ts';
import type { Logger } from '../runtime/logging.ts';

const linesPerSecond = 5;

/** The rest of this message quotes the value, which may be a token. */
const metadataFailure = /^(Failed to add metadata entry [^:]*):.*/s;

/** Sends grpc-js's messages to the log instead of stderr: a few a second, no metadata values. */
export function logGrpcErrors(logger: Logger): void {
  const sampler = new LogSampler(linesPerSecond);
  setLogger({
    error(message: string) {
      const fields = sampler.next();
      if (fields) logger.warn(fields, `grpc-js: ${message.replace(metadataFailure, '$1')}`);
    },
  });
}
