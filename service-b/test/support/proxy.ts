import { startFakeHttp } from '@my-app/test-support/fake-http';
import { type Env, startServiceB } from '@my-app/test-support/services';

/** Nobody listens there: the tests of the proxy need no gRPC API. */
export const grpc = '127.0.0.1:1';

/** Service B, and the HTTP API of a Service A that answers like this. */
export async function startProxy(answer?: Parameters<typeof startFakeHttp>[0], env: Env = {}) {
  const a = await startFakeHttp(answer);
  const b = await startServiceB({ ...a, grpc }, env);
  return { a, b, url: `${b.http}/service_a` };
}
