import { type Client, Metadata, type MethodDefinition, status } from '@grpc/grpc-js';
import { SpanKind, type TextMapSetter } from '@opentelemetry/api';
import {
  ATTR_RPC_METHOD,
  ATTR_RPC_STATUS_CODE,
  ATTR_RPC_SYSTEM_NAME,
} from '@opentelemetry/semantic-conventions';
import type { CallContext } from '../../runtime/call-context.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { requestIdHeader } from '../../runtime/request-id.ts';
import { exemplarOf, failSpan, injectContext, startSpan } from '../../runtime/tracing.ts';
import { statusName } from '../status.ts';

/**
 * Makes one attempt at a call; `deadline` is a Unix time in ms. Cancelled when `signal` aborts.
 * Throws ServiceError.
 */
export type Attempt<Request, Response> = (
  request: Request,
  callContext: CallContext,
  deadline: number,
  signal: AbortSignal,
) => Promise<Response>;

/** Attempts with a span and a metric each. */
export function attemptsAt<Request, Response>(
  client: Client,
  method: MethodDefinition<Request, Response>,
  metrics: Pick<Metrics, 'rpcClientDuration'>,
): Attempt<Request, Response> {
  const { path, requestSerialize, responseDeserialize } = method;
  const name = path.slice(1); // "package.Service/Method"
  const attributes = { [ATTR_RPC_SYSTEM_NAME]: 'grpc', [ATTR_RPC_METHOD]: name };

  for (const code of usualCodes) metrics.rpcClientDuration.zero(labelsOf(name, code));

  return (request, callContext, deadline, signal) => {
    const started = performance.now();
    const { span, context } = startSpan(name, SpanKind.CLIENT, attributes, callContext.trace);
    const metadata = new Metadata();
    metadata.set(requestIdHeader, callContext.requestId);
    injectContext(context, metadata, metadataSetter);

    const finish = (result: status): void => {
      signal.removeEventListener('abort', cancel);
      const code = statusName(result);
      metrics.rpcClientDuration.observe({
        labels: labelsOf(name, result),
        value: (performance.now() - started) / 1000,
        exemplarLabels: exemplarOf(span),
      });
      span.setAttribute(ATTR_RPC_STATUS_CODE, code);
      if (result !== status.OK) failSpan(span, code);
      span.end();
    };
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const call = withoutStack(() =>
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        { deadline },
        (error, response) => {
          finish(error?.code ?? status.OK);
          if (error) reject(error);
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

const labelsOf = (method: string, code: status) => ({
  rpc_system_name: 'grpc',
  rpc_method: method,
  rpc_status_code: statusName(code),
  ...(code !== status.OK && { error_type: statusName(code) }),
});

/** grpc-js captures the stack of every call for the error it may end in: 5 µs for little news. */
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
