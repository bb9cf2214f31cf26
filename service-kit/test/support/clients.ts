import { credentials, type ServiceDefinition } from '@grpc/grpc-js';
import { atEnd } from '@my-app/test-support/cleanup';
import { createGrpcClient, type GrpcClientOptions } from '../../src/grpc/client/client.ts';
import { createHttpClient, type HttpClientOptions } from '../../src/http/client.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { silent } from './logs.ts';

/** Long timeouts, so that no retry hides what a test looks for. */
const patient = { name: 'peer', deadlineMs: 10_000, attemptTimeoutMs: 10_000, logger: silent };

/** A gRPC client of the kit, in plain text, until the test ends. */
export function grpcClient<Definition extends ServiceDefinition>(
  definition: Definition,
  address: string,
  options: Partial<GrpcClientOptions> = {},
) {
  const plain = { credentials: credentials.createInsecure(), metrics: createMetrics() };
  const client = createGrpcClient(definition, { ...patient, ...plain, address, ...options });
  atEnd(() => client.close());
  return client;
}

/** An HTTP client of the kit, until the test ends. */
export function httpClient(url: string, options: Partial<HttpClientOptions> = {}) {
  const client = createHttpClient({ ...patient, metrics: createMetrics(), url, ...options });
  atEnd(() => client.close());
  return client;
}
