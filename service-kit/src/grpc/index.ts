/** gRPC at both ends: servers, clients, how to call a peer that can fail, mutual TLS. */
export { CallPolicy } from './call-policy.ts';
export { loadCredentials } from './certificates.ts';
export { type CallOrigin, channelOptions, unaryCaller } from './client.ts';
export { fieldViolationsOf, StatusError } from './errors.ts';
export { GrpcServer } from './server.ts';
export { type UnaryOptions, unaryHandler } from './unary.ts';
