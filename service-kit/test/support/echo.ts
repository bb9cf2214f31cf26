import {
  type Client,
  credentials,
  type MethodDefinition,
  makeClientConstructor,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { atEnd } from '@my-app/test-support/cleanup';
import type { Call } from '../../src/grpc/server/inbound-call.ts';
import { createGrpcServer } from '../../src/grpc/server/server.ts';
import { type GrpcService, grpcService } from '../../src/grpc/server/service.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { Readiness } from '../../src/runtime/readiness.ts';
import { silent } from './logs.ts';

const bytes = (value: Buffer): Buffer => value;
/** A service that answers with the request, until told otherwise. */
export const echoService = {
  echo: {
    path: '/test.v1.EchoService/Echo',
    requestStream: false as const,
    responseStream: false as const,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  } satisfies MethodDefinition<Buffer, Buffer>,
} satisfies ServiceDefinition;

type Handler = (request: Buffer, context: Call) => Buffer | Promise<Buffer>;

/** A server with that service, until the test ends. */
export const start = (handler: Handler = bytes, host = '127.0.0.1', port = 0) =>
  serve([grpcService(echoService, { echo: handler })], { host, port });

/** A server with these services, until the test ends. */
export async function serve(
  services: GrpcService[],
  { host = '127.0.0.1', port = 0, logger = silent } = {},
) {
  const metrics = createMetrics();
  const readiness = new Readiness();
  const server = createGrpcServer({
    services,
    logger,
    metrics,
    readiness,
    credentials: ServerCredentials.createInsecure(),
    maxConnectionAgeMs: 60_000,
  });
  const bound = await server.listen(host, port);
  atEnd(() => server.close());
  return {
    server,
    metrics,
    readiness,
    address: `${host.includes(':') ? `[${host}]` : host}:${bound}`,
  };
}

/** A client of any service at that address, until the test ends. */
export function client(address: string, service: ServiceDefinition): Client {
  const Constructor = makeClientConstructor(service, 'Test');
  const made = new Constructor(address, credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
  });
  atEnd(() => made.close());
  return made;
}

/** The answer to a call; rejects with ServiceError. */
// biome-ignore lint/suspicious/noExplicitAny: each method has an answer of its own
export function call(client: Client, method: string, request: unknown): Promise<any> {
  const methods = client as unknown as Record<string, (...args: unknown[]) => void>;
  return new Promise((resolve, reject) => {
    methods[method]?.call(client, request, (error: ServiceError | null, answer: unknown) =>
      error ? reject(error) : resolve(answer),
    );
  });
}
