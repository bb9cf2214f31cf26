/** gRPC clients: discovery, load balancing, deadlines, retries and a circuit breaker. */
export { fieldViolationsOf } from '../status-error.ts';
export { channelOptions } from './channel.ts';
export { createGrpcClient, type GrpcClient } from './client.ts';
export { targetOf } from './resolver.ts';
