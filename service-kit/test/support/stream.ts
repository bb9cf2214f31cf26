import { credentials, type MethodDefinition, type ServiceDefinition } from '@grpc/grpc-js';
import { atEnd } from '@my-app/test-support/cleanup';
import { createGrpcClient } from '../../src/grpc/client/client.ts';
import type { StreamHandler } from '../../src/grpc/server/server-stream.ts';
import { grpcService } from '../../src/grpc/server/service.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { echoService, serve } from './echo.ts';
import { captureLogs, silent } from './logs.ts';

/** The echo service with a method that streams its answer. */
export const streamService = {
  ...echoService,
  stream: {
    ...echoService.echo,
    path: '/test.v1.EchoService/Stream',
    responseStream: true as const,
  } satisfies MethodDefinition<Buffer, Buffer>,
} satisfies ServiceDefinition;

/** A server with that service, until the test ends. */
export async function serveStreams(handler: StreamHandler<Buffer, Buffer>, at = {}) {
  const { logger, lines } = captureLogs();
  const service = grpcService(streamService, { echo: (request) => request, stream: handler });
  return { ...(await serve([service], { ...at, logger })), lines };
}

/** A server with that service, and a client of it. */
export async function startStreams(handler: StreamHandler<Buffer, Buffer>) {
  const server = await serveStreams(handler);
  return { ...server, ...streamClient(server.address) };
}

/** A client of that service, until the test ends. */
export function streamClient(address: string) {
  const metrics = createMetrics();
  const client = createGrpcClient(streamService, {
    name: 'peer',
    address,
    credentials: credentials.createInsecure(),
    deadlineMs: 2000,
    attemptTimeoutMs: 1000,
    logger: silent,
    metrics,
  });
  atEnd(() => client.close());
  return { client, clientMetrics: metrics };
}
