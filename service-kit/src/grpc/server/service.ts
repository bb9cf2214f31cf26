import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import type { ServerStream, StreamingUnsupported, Unary } from '../method-kind.ts';
import type { StreamHandler } from './server-stream.ts';
import type { UnaryHandler } from './unary.ts';

/** A function for each method of a service, an async generator where it streams its answer. */
export type Methods<Definition> = {
  [Name in keyof Definition]: Definition[Name] extends Unary &
    MethodDefinition<infer Request, infer Response>
    ? UnaryHandler<Request, Response>
    : Definition[Name] extends ServerStream & MethodDefinition<infer Request, infer Response>
      ? StreamHandler<Request, Response>
      : StreamingUnsupported;
};

/** A service for a gRPC server: the handler of each method in its generated definition. */
export interface GrpcService {
  definition: ServiceDefinition;
  handlers: Record<string, UnaryHandler<never, unknown> & StreamHandler<never, unknown>>;
}

/**
 * Implements a gRPC service whose methods are unary or stream their answer. The server gives each of them a span,
 * metrics, a log line and load shedding, and translates what it throws.
 */
export function grpcService<Definition extends ServiceDefinition>(
  definition: Definition,
  methods: Methods<Definition>,
): GrpcService;
export function grpcService(definition: ServiceDefinition, methods: object): GrpcService {
  return { definition, handlers: methods as GrpcService['handlers'] };
}
