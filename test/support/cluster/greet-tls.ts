import { credentials } from '@grpc/grpc-js';
import { greet } from './greet.ts';
import { onePod } from './pods.ts';
import { portForward } from './port-forward.ts';

/** Greets a pod of A over TLS, with a client certificate if one is given. @throws ServiceError */
export async function greetOverTls(
  release: string,
  { ca, cert, key }: { ca: string; cert?: string; key?: string },
): Promise<string> {
  const { metadata } = await onePod('service-a', release);
  const address = await portForward(`pod/${metadata.name}`, 50051);
  const [root, privateKey, chain] = [ca, key, cert].map((pem) => (pem ? Buffer.from(pem) : null));
  return greet(address, credentials.createSsl(root, privateKey, chain), {
    'grpc.ssl_target_name_override': `${release}-service-a-headless`,
  });
}
