import type { HttpServer } from '@my-app/service-kit/http';
import { problemResponses } from '@my-app/service-kit/http';
import Type from 'typebox';
import type { Faults } from './faults.ts';
import { greet, nameRule } from './greeting.ts';

const Greeting = Type.Object(
  { message: Type.String({ description: 'the greeting, ready to show' }) },
  { description: 'the greeting' },
);

/** GET /greeting */
export function greetingHttp(app: HttpServer, faults: Faults): void {
  app.get(
    '/greeting',
    {
      schema: {
        summary: 'A greeting, addressed to a name if one is given.',
        querystring: Type.Object({
          name: Type.Optional(Type.String({ description: `whom to greet: ${nameRule}` })),
        }),
        response: { 200: Greeting, ...problemResponses },
      },
    },
    async (request) => {
      if (faults.active) await faults.inject(request.abandoned);
      return { message: greet(request.query.name) };
    },
  );
}
