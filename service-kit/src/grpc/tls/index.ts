/** Mutual TLS for gRPC, from mounted files that reload. */
export { loadCredentials } from './credentials.ts';
