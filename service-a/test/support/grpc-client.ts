import { promisify } from 'node:util';
import { credentials } from '@grpc/grpc-js';
import { GreetingServiceClient, type GreetResponse } from '@my-app/proto/greeting/v1/greeting';
import { atEnd } from '../../../test/support/cleanup.ts';

/** Calls Greet, with the client that ts-proto made. */
export function greeter(address: string): (name?: string) => Promise<string> {
  const client = new GreetingServiceClient(address, credentials.createInsecure());
  atEnd(() => client.close());
  const call: (request: { name?: string | undefined }) => Promise<GreetResponse> = promisify(
    client.greet.bind(client),
  );
  return async (name) => (await call({ name })).message;
}
