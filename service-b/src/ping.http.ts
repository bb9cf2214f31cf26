import type { GreetingServiceService } from '@my-app/proto/greeting/v1/greeting';
import { nameRule, nameSchema } from '@my-app/proto/greeting/v1/name';
import type { GrpcClient } from '@my-app/service-kit/grpc/client';
import { type HttpRoutes, problemResponses } from '@my-app/service-kit/http';
import Type from 'typebox';

const Ping = Type.Object(
  {
    message: Type.String({ description: 'greeting of Service B' }),
    service_a: Type.Object({ message: Type.String({ description: 'greeting of Service A' }) }),
  },
  { description: 'both services responded' },
);

const schema = {
  summary: 'Calls Service A over gRPC and returns its greeting.',
  querystring: Type.Object({
    name: Type.Optional(
      Type.String({ description: `name that Service A greets: ${nameRule}`, ...nameSchema }),
    ),
  }),
  response: { 200: Ping, ...problemResponses },
};

/** GET /ping_service_a */
export function pingHttp(serviceA: GrpcClient<GreetingServiceService>): HttpRoutes {
  return (app) => {
    app.get('/ping_service_a', { schema }, async ({ query, callContext }) => {
      const { message } = await serviceA.greet(query, callContext);
      return { message: 'Hello from Service B!', service_a: { message } };
    });
  };
}
