import {
  type CallOptions,
  type ChannelOptions,
  type ClientUnaryCall,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { type Context, SpanKind, type TextMapSetter } from '@opentelemetry/api';
import type { Metrics } from '../runtime/metrics.ts';
import { requestIdHeader } from '../runtime/request-id.ts';
import { failSpan, injectContext, startSpan } from '../runtime/tracing.ts';
import type { CallPolicy } from './call-policy.ts';
import { statusName } from './status.ts';

/**
 * Round robin over every address that the name resolves to. grpc-js looks the name up again when
 * a connection closes, at most once per `dns_min_time_between_resolutions_ms`: servers close
 * theirs by age, so new addresses are found within seconds.
 * https://github.com/grpc/grpc-node/issues/2023
 */
export const channelOptions: ChannelOptions = {
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  'grpc.service_config_disable_resolution': 1,
  'grpc.dns_min_time_between_resolutions_ms': 1000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 500,
  // A peer that vanished without a word is noticed after both of these.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 2000,
  'grpc.max_receive_message_length': 64 * 1024,
  'grpc.enable_channelz': 0, // Counts each call, for a debugging service that is not served here.
};

/** What goes along with a call, from whoever asked for it. */
export interface CallOrigin {
  requestId: string;
  trace: Context;
  signal: AbortSignal;
}

/** A method of a generated client, bound to it. */
type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

export interface UnaryCallerOptions {
  policy: CallPolicy;
  metrics: Pick<Metrics, 'rpcClientDuration' | 'rpcClientRetries'>;
}

/**
 * Makes a client's method a function that follows the policy: with deadlines, retries and circuit
 * breaker, a span and a metric for each attempt, and cancelled when the origin's signal aborts.
 *
 * The function throws ServiceError, or BrokenCircuitError while the circuit is open.
 */
export function unaryCaller<Request, Response>(
  path: string,
  method: UnaryMethod<Request, Response>,
  { policy, metrics }: UnaryCallerOptions,
): (request: Request, origin: CallOrigin) => Promise<Response> {
  const name = path.slice(1); // "package.Service/Method"
  const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': name };

  function attempt(request: Request, origin: CallOrigin, deadline: number): Promise<Response> {
    const started = performance.now();
    const { span, context } = startSpan(name, SpanKind.CLIENT, attributes, origin.trace);
    const metadata = new Metadata();
    metadata.set(requestIdHeader, origin.requestId);
    injectContext(context, metadata, metadataSetter);
    return new Promise((resolve, reject) => {
      const callback = (error: ServiceError | null, response: Response): void => {
        origin.signal.removeEventListener('abort', cancel);
        const code = statusName(error?.code ?? status.OK);
        metrics.rpcClientDuration.observe(
          { rpc_method: name, rpc_response_status_code: code },
          (performance.now() - started) / 1000,
        );
        span.setAttribute('rpc.response.status_code', code);
        if (error) failSpan(span, code);
        span.end();
        if (error) reject(error);
        else resolve(response);
      };
      const call = withoutStack(() => method(request, metadata, { deadline }, callback));
      const cancel = (): void => call.cancel();
      if (origin.signal.aborted) cancel();
      else origin.signal.addEventListener('abort', cancel, { once: true });
    });
  }

  return (request, origin) =>
    policy.execute((deadline, previous) => {
      if (previous > 0) metrics.rpcClientRetries.inc({ rpc_method: name });
      return attempt(request, origin, deadline);
    }, origin.signal);
}

/**
 * grpc-js notes the stack at each call, for the error in which it may end: five microseconds for
 * what the log line's request id and route say as well.
 */
function withoutStack<Result>(work: () => Result): Result {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

const metadataSetter: TextMapSetter<Metadata> = {
  set: (metadata, key, value) => metadata.set(key, value),
};
