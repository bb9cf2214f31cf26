import {
  type Client,
  Metadata,
  type MethodDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { SpanKind, type TextMapSetter } from '@opentelemetry/api';
import type { Attempt } from '../../outbound/call-policy.ts';
import type { CallContext } from '../../runtime/call-context.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { requestIdHeader } from '../../runtime/request-id.ts';
import { exemplarOf, failSpan, injectContext, startSpan } from '../../runtime/tracing.ts';
import { type GrpcType, typeLabel } from '../method-kind.ts';
import { statusName } from '../status.ts';

/** Makes one attempt at a call. Throws AttemptError. */
export type MakeAttempt<Request, Response> = (
  request: Request,
  callContext: CallContext,
  attempt: Attempt,
) => Promise<Response>;

/** What grpc-js reports of a failed attempt, and whether there was a connection to send it on. */
export interface AttemptError extends ServiceError {
  sent: boolean;
}

export interface AttemptOptions {
  metrics: Pick<Metrics, 'rpcClientDuration'>;
  /** Of each attempt, besides the trace and the request id. */
  metadata?: (callContext: CallContext) => Record<string, string>;
}

/** An attempt under way: what it sends, and how to record its end. */
export interface ObservedAttempt {
  metadata: Metadata;
  finish(result: status): void;
}

/** Starts attempts at a method, with a span and a metric each. */
export function observeAttempts(
  path: string,
  type: GrpcType,
  { metrics, metadata: metadataOf }: AttemptOptions,
): (callContext: CallContext) => ObservedAttempt {
  const name = path.slice(1); // "package.Service/Method"
  const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': name };
  const labelsOf = (code: status) => ({
    rpc_system_name: 'grpc',
    rpc_method: name,
    rpc_status_code: statusName(code),
    ...typeLabel(type),
    ...(code !== status.OK && { error_type: statusName(code) }),
  });
  for (const code of usualCodes) metrics.rpcClientDuration.zero(labelsOf(code));

  return (callContext) => {
    const started = performance.now();
    const { span, context } = startSpan(name, SpanKind.CLIENT, attributes, callContext.trace);
    const metadata = Metadata.fromHttp2Headers(metadataOf?.(callContext) ?? {});
    metadata.set(requestIdHeader, callContext.requestId);
    injectContext(context, metadata, metadataSetter);
    return {
      metadata,
      finish(result) {
        metrics.rpcClientDuration.observe({
          labels: labelsOf(result),
          value: (performance.now() - started) / 1000,
          exemplarLabels: exemplarOf(span),
        });
        span.setAttribute('rpc.status_code', statusName(result));
        if (result !== status.OK) failSpan(span, statusName(result));
        span.end();
      },
    };
  };
}

/** Attempts at a unary method. */
export function attemptsAt<Request, Response>(
  client: Client,
  method: MethodDefinition<Request, Response>,
  options: AttemptOptions,
): MakeAttempt<Request, Response> {
  const { path, requestSerialize, responseDeserialize } = method;
  const target = client.getChannel().getTarget(); // the "peer" of a call without a connection
  const observe = observeAttempts(path, 'unary', options);

  return (request, callContext, { deadline, signal }) => {
    const { metadata, finish } = observe(callContext);
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const call = withoutStack(() =>
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        { deadline: unixTime(deadline) },
        (error, response) => {
          signal.removeEventListener('abort', cancel);
          finish(error?.code ?? status.OK);
          if (error) reject(Object.assign(error, { sent: call.getPeer() !== target }));
          else resolve(response as Response);
        },
      ),
    );
    const cancel = (): void => call.cancel();
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
    return promise;
  };
}

/** Their series exist before the first call, for ratios and increases. */
const usualCodes = [status.OK, status.UNAVAILABLE, status.DEADLINE_EXCEEDED];

/** grpc-js wants a Unix time, from which it sets a timer at once: a step of the clock moves no deadline. */
const unixTime = (time: number): number => Date.now() + time - performance.now();

/** grpc-js captures the stack of every call for the error it may end in: which costs 5 µs and adds nothing. */
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
