/** One request and one response. */
export type Unary = { requestStream: false; responseStream: false };

/** One request and a stream of responses. */
export type ServerStream = { requestStream: false; responseStream: true };

/** In place of a method that streams requests, so that the compiler's error says why it has neither a handler nor a caller. */
export type StreamingUnsupported =
  'the service kit does not support client-streaming and bidirectional methods';

type Streams = { requestStream: boolean; responseStream: boolean };

/** In the words of the `grpc_type` label of Prometheus' gRPC middleware. OpenTelemetry has no attribute for it. */
export type GrpcType = 'unary' | 'server_stream';

/** How a method is called; undefined if the service kit does not support it. */
export function grpcTypeOf({ requestStream, responseStream }: Streams): GrpcType | undefined {
  if (requestStream) return undefined;
  return responseStream ? 'server_stream' : 'unary';
}

/** How each method is called, by its path. */
export type MethodTypes = ReadonlyMap<string, GrpcType | undefined>;

/** Unary calls have no such label. The SLI of the latency leaves out those that have: a stream is as long as its client wants. */
export const typeLabel = (type: GrpcType) => (type === 'unary' ? {} : { grpc_type: type });
