import type { handleUnaryCall } from '@grpc/grpc-js';
import { type Answering, serialize } from './answer.ts';
import { type Call, type HandlerOptions, InboundCall, methodOf } from './inbound-call.ts';

export type UnaryHandler<Request, Response> = (
  request: Request,
  call: Call,
) => Response | Promise<Response>;

/**
 * Wraps a plain function as a gRPC handler, with a span, metrics, a log line, a request id and load
 * shedding. Errors become statuses by toGrpcStatus; unexpected ones are logged and not sent.
 */
export function unaryHandler<Request, Response>(
  method: Answering<Response>,
  handler: UnaryHandler<Request, Response>,
  options: HandlerOptions,
): handleUnaryCall<Request, Buffer> {
  const counted = methodOf(method.path, 'unary', options);
  return async (call, callback) => {
    const current = new InboundCall(call, counted);
    try {
      current.admit();
      callback(null, serialize(method, await handler(call.request, current)));
      current.succeed();
    } catch (error) {
      callback(current.fail(error));
    }
  };
}
