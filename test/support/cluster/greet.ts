import { type ChannelCredentials, type ClientOptions, credentials, Metadata } from '@grpc/grpc-js';
import { GreetingServiceClient } from '@my-app/proto/greeting/v1/greeting';

/** Calls greeting.v1.GreetingService/Greet and returns the message; throws ServiceError. */
export async function greet(
  address: string,
  channel: ChannelCredentials = credentials.createInsecure(),
  options: ClientOptions = {},
): Promise<string> {
  const client = new GreetingServiceClient(address, channel, options);
  try {
    return await new Promise((resolve, reject) => {
      client.greet({}, new Metadata(), { deadline: Date.now() + 5000 }, (error, response) => {
        if (error) reject(error);
        else resolve(response.message);
      });
    });
  } finally {
    client.close();
  }
}
