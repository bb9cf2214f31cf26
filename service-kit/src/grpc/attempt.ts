import { type Client, Metadata, type MethodDefinition, status } from '@grpc/grpc-js';
import { SpanKind, type TextMapSetter } from '@opentelemetry/api';
import type { Metrics } from '../runtime/metrics.ts';
import type { Origin } from '../runtime/origin.ts';
import { requestIdHeader } from '../runtime/request-id.ts';
import { failSpan, injectContext, startSpan } from '../runtime/tracing.ts';
import { statusName } from './status.ts';

/** Makes one attempt at a call; `deadline` is a Unix time in ms. Throws ServiceError. */
export type Attempt<Request, Response> = (
  request: Request,
  origin: Origin,
  deadline: number,
) => Promise<Response>;

/** Attempts with a span and a metric each, that are cancelled when the origin's signal aborts. */
export function attemptsAt<Request, Response>(
  client: Client,
  method: MethodDefinition<Request, Response>,
  metrics: Pick<Metrics, 'rpcClientDuration'>,
): Attempt<Request, Response> {
  const { path, requestSerialize, responseDeserialize } = method;
  const name = path.slice(1); // "package.Service/Method"
  const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': name };

  return (request, origin, deadline) => {
    const started = performance.now();
    const { span, context } = startSpan(name, SpanKind.CLIENT, attributes, origin.trace);
    const metadata = new Metadata();
    metadata.set(requestIdHeader, origin.requestId);
    injectContext(context, metadata, metadataSetter);

    const finish = (result: status): void => {
      origin.signal.removeEventListener('abort', cancel);
      const code = statusName(result);
      metrics.rpcClientDuration.observe(
        { rpc_method: name, rpc_response_status_code: code },
        (performance.now() - started) / 1000,
      );
      span.setAttribute('rpc.response.status_code', code);
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
    if (origin.signal.aborted) cancel();
    else origin.signal.addEventListener('abort', cancel, { once: true });
    return promise;
  };
}

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
