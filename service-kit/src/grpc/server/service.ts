import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import type { StreamingUnsupported, Unary } from '../method-kind.ts';
import type { UnaryHandler } from './unary.ts';

/** A function for each method of a service. */
export type Methods<Definition> = {
  [Name in keyof Definition]: Definition[Name] extends Unary &
    MethodDefinition<infer Request, infer Response>
    ? UnaryHandler<Request, Response>
    : StreamingUnsupported;
};

/** A service for a gRPC server: the handler of each method in its generated definition. */
export interface GrpcService {
  definition: ServiceDefinition;
  handlers: Record<string, UnaryHandler<never, unknown>>;
}

/**
 * Implements a gRPC service whose methods are unary. The server gives each of them a span, metrics,
 * a log line and load shedding, and translates what it throws.
 */
export function grpcService<Definition extends ServiceDefinition>(
  definition: Definition,
  methods: Methods<Definition>,
): GrpcService;
export function grpcService(definition: ServiceDefinition, methods: object): GrpcService {
  return { definition, handlers: methods as GrpcService['handlers'] };
}
