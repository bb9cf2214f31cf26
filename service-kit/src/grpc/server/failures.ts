import type { status } from '@grpc/grpc-js';
import { LogSampler } from '../../runtime/log-sampler.ts';
import type { MethodTypes } from '../method-kind.ts';
import { statusName } from '../status.ts';
import { type HandlerOptions, rpcLabels } from './inbound-call.ts';

/** What a client gets before a handler runs. */
export interface Failures {
  /** A call: to an unknown method, or with a message that cannot be decoded or is too large. */
  call(path: string, code: status): void;
  /** A connection that ends before TLS and HTTP/2's settings. */
  handshake(error: NodeJS.ErrnoException): void;
}

/** A storm has this many lines a second. */
const linesPerSecond = 10;

/** Counts and logs what fails before a handler runs. A path that is none of `types` is `_OTHER`, as clients choose it. */
export function reportFailures(
  types: MethodTypes,
  { logger, metrics }: Pick<HandlerOptions, 'logger' | 'metrics'>,
): Failures {
  const calls = new LogSampler(linesPerSecond);
  const handshakes = new LogSampler(linesPerSecond);
  return {
    call(path, code) {
      const method = types.has(path) ? path.slice(1) : '_OTHER';
      const labels = rpcLabels(method, code, types.get(path));
      metrics.rpcServerDuration.observe({ labels, value: 0 });
      const sample = calls.next();
      if (!sample) return;
      const fields = { rpc_method: method, rpc_status_code: statusName(code), ...sample };
      logger.info(fields, 'call failed before it reached its handler');
    },
    handshake({ code, message }) {
      const sample = handshakes.next();
      if (sample) logger.warn({ reason: code ?? message, ...sample }, 'handshake failed');
    },
  };
}
