import { promisify } from 'node:util';
import { type ChannelCredentials, Metadata } from '@grpc/grpc-js';
import { GreetingServiceClient } from '@my-app/proto/greeting/v1/greeting';

export function calls(greetingClient: GreetingServiceClient, deadline: number): void {
  // ruleid: grpc-call-without-deadline
  greetingClient.greet({}, (error, response) => console.log(error, response));
  // ruleid: grpc-call-without-deadline
  greetingClient.greet({}, new Metadata(), (error, response) => console.log(error, response));
  // ruleid: grpc-call-without-deadline
  greetingClient.greet({}, new Metadata(), { interceptors: [] }, (error, response) => use(error));
  // ruleid: grpc-call-without-deadline
  promisify(greetingClient.greet.bind(greetingClient));
  // ok: grpc-call-without-deadline
  greetingClient.greet({}, new Metadata(), { deadline }, (error, response) => use(error));
  // ok: grpc-call-without-deadline
  greetingClient.greet({}, new Metadata(), { deadline: Date.now() + 100 }, (error) => use(error));
  // ok: grpc-call-without-deadline
  greetingClient.close();
}

export function ownClient(address: string, secure: ChannelCredentials, deadline: number): void {
  const greeter = new GreetingServiceClient(address, secure);
  // ruleid: grpc-call-without-deadline
  greeter.greet({}, use);
  // ok: grpc-call-without-deadline
  greeter.greet({}, new Metadata(), { deadline }, use);
  // ok: grpc-call-without-deadline
  greeter.close();
  const clients = new Clients(8012, '/ping_service_a');
  // ok: grpc-call-without-deadline
  clients.send(1);
}
