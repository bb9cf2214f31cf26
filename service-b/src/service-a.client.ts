import type { ChannelCredentials } from '@grpc/grpc-js';
import {
  GreetingServiceClient,
  GreetingServiceService,
  type GreetRequest,
  type GreetResponse,
} from '@my-app/proto/greeting/v1/greeting';
import { type CallOrigin, CallPolicy, channelOptions, unaryCaller } from '@my-app/service-kit/grpc';
import type { Logger, Metrics } from '@my-app/service-kit/runtime';

export interface ServiceAClientOptions {
  address: string;
  credentials: ChannelCredentials;
  deadlineMs: number;
  attemptTimeoutMs: number;
  logger: Logger;
  metrics: Metrics;
}

export interface ServiceAClient {
  greet(request: GreetRequest, origin: CallOrigin): Promise<GreetResponse>;
  close(): void;
}

/** Service A over gRPC. Nothing is connected before the first call, so A may start later. */
export function createServiceAClient(options: ServiceAClientOptions): ServiceAClient {
  const { address, credentials, metrics } = options;
  const client = new GreetingServiceClient(`dns:///${address}`, credentials, channelOptions);
  const policy = new CallPolicy({ ...options, name: 'service-a' });
  return {
    greet: unaryCaller<GreetRequest, GreetResponse>(
      GreetingServiceService.greet.path,
      client.greet.bind(client),
      { policy, metrics },
    ),
    close: () => client.close(),
  };
}
