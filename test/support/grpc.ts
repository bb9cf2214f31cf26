import {
  type CallOptions,
  type ClientReadableStream,
  credentials,
  Metadata,
  makeClientConstructor,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { type GreetEachResponse, GreetingServiceClient } from '@my-app/proto/greeting/v1/greeting';
import { service as healthService } from 'grpc-health-check';
import { atEnd } from './cleanup.ts';

/** Calls Greet like any gRPC client; rejects with ServiceError. */
export type Greet = (
  name?: string,
  options?: CallOptions & { metadata?: Metadata },
) => Promise<string>;

/** A client of Service A that is closed when the test ends. */
export function greetingClient(address: string, channel = credentials.createInsecure()): Greet {
  const client = new GreetingServiceClient(address, channel);
  atEnd(() => client.close());
  return (name, { metadata = new Metadata(), ...options } = {}) =>
    new Promise((resolve, reject) => {
      client.greet({ name }, metadata, options, (error: ServiceError | null, response) =>
        error ? reject(error) : resolve(response.message),
      );
    });
}

/** Calls GreetEach like any gRPC client. */
export function greetEach(
  address: string,
  names: string[],
): ClientReadableStream<GreetEachResponse> {
  const client = new GreetingServiceClient(address, credentials.createInsecure());
  atEnd(() => client.close());
  return client.greetEach({ names });
}

type Watched = { status: string };

/** grpc.health.v1.Health/Watch: the stream of a service's states. */
export function watchHealth(address: string, service = ''): ClientReadableStream<Watched> {
  const Client = makeClientConstructor(healthService as ServiceDefinition, 'Health');
  const client = new Client(address, credentials.createInsecure());
  atEnd(() => client.close());
  const stream = (client.watch as (request: object) => ClientReadableStream<Watched>)({ service });
  stream.on('error', () => {}); // the server may end the stream
  return stream;
}
