import type { MethodDefinition } from '@grpc/grpc-js';

/** A unary method, as opposed to a stream of requests or responses. */
export type Unary = { requestStream: false; responseStream: false };

/** In place of a streaming method, so that the compiler's error says why it has neither a handler nor a caller. */
export type StreamingUnsupported = 'streaming methods are not supported by the service kit';

export const isUnary = (method: MethodDefinition<unknown, unknown>): boolean =>
  !method.requestStream && !method.responseStream;
