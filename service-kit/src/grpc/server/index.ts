/** gRPC servers: handlers with telemetry, health, reflection and limits. */
export { createGrpcServer } from './server.ts';
export { type GrpcService, grpcService } from './service.ts';
