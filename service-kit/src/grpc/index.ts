/** gRPC on both ends: the server with its services, the client with its retries, mutual TLS. */

export { channelOptions } from './channel.ts';
export { createGrpcClient, type GrpcClient } from './client.ts';
export { loadCredentials } from './credentials.ts';
export { fieldViolationsOf } from './errors.ts';
export { targetOf } from './resolver.ts';
export { createGrpcServer } from './server.ts';
export { type GrpcService, grpcService } from './service.ts';
