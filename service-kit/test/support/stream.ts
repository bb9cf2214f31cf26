import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { callRaw, frame, rawGrpc } from '@my-app/test-support/raw-grpc';
import type { StreamHandler } from '../../src/grpc/server/server-stream.ts';
import { grpcService } from '../../src/grpc/server/service.ts';
import type { CallContext } from '../../src/runtime/call-context.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { grpcClient } from './clients.ts';
import { echoService, serve } from './echo.ts';
import { captureLogs } from './logs.ts';

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

/** A client of that service, until the test ends. `method` changes the definition of its stream. */
export function streamClient(address: string, method: Partial<typeof streamService.stream> = {}) {
  const metrics = createMetrics();
  const definition = { ...streamService, stream: { ...streamService.stream, ...method } };
  const timeouts = { deadlineMs: 2000, attemptTimeoutMs: 1000 };
  const client = grpcClient(definition, address, { ...timeouts, metrics });
  return { client, clientMetrics: metrics };
}

/** So many messages, each of `size` bytes with its number. */
export async function* count(to: number, size = 1): AsyncGenerator<Buffer> {
  for (let n = 0; n < to; n++) yield Buffer.alloc(size, n);
}

/** The messages, and the error that followed. */
export async function readAll(messages: AsyncIterable<Buffer>) {
  const read: Buffer[] = [];
  try {
    for await (const message of messages) read.push(message);
  } catch (error) {
    return { read, error };
  }
  return { read, error: undefined };
}

/** A handler that sends two messages and waits; `ended` has the context of its call. */
export function waiting(wait: (context: CallContext) => Promise<unknown>) {
  const ended = Promise.withResolvers<CallContext>();
  async function* handler(_request: Buffer, context: CallContext): AsyncGenerator<Buffer> {
    try {
      yield* count(2);
      await wait(context);
    } finally {
      ended.resolve(context);
    }
  }
  return { handler, ended: ended.promise };
}

/** Rejects when the call is over. */
export const untilAborted = ({ signal }: CallContext): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

/** The status of a stream that is called without a client of the kit. */
export async function callStream(address: string, headers = {}, request = Buffer.of()) {
  const path = { ':path': streamService.stream.path };
  return (await callRaw(rawGrpc(address), frame(request), { ...path, ...headers })).grpc;
}
