import type { HttpServer } from '@my-app/service-kit/http';
import { problemResponses } from '@my-app/service-kit/http';
import Type from 'typebox';
import type { ServiceAClient } from './service-a.client.ts';

const Ping = Type.Object(
  {
    message: Type.String({ description: 'from Service B' }),
    service_a: Type.Object({ message: Type.String({ description: 'the greeting of Service A' }) }),
  },
  { description: 'both services answered' },
);

/** GET /ping_service_a */
export function pingHttp(app: HttpServer, serviceA: ServiceAClient): void {
  app.get(
    '/ping_service_a',
    {
      schema: {
        summary: 'Calls Service A over gRPC and passes on its greeting.',
        querystring: Type.Object({
          name: Type.Optional(Type.String({ description: 'whom Service A shall greet' })),
        }),
        response: { 200: Ping, ...problemResponses },
      },
    },
    async ({ query, id, trace, abandoned: signal }) => {
      const { message } = await serviceA.greet(query, { requestId: id, trace, signal });
      return { message: 'Hello from Service B!', service_a: { message } };
    },
  );
}
