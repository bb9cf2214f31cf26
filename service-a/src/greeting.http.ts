import { nameRule, nameSchema } from '@my-app/proto/greeting/v1/name';
import { type HttpRoutes, problemResponses } from '@my-app/service-kit/http';
import Type from 'typebox';
import type { Faults } from './faults.ts';
import { greet } from './greeting.ts';

const Greeting = Type.Object(
  { message: Type.String({ description: 'greeting text' }) },
  { description: 'the greeting' },
);

const schema = {
  summary: 'Returns a greeting, addressed to `name` if it is set.',
  querystring: Type.Object({
    name: Type.Optional(Type.String({ description: `name to greet: ${nameRule}`, ...nameSchema })),
  }),
  response: { 200: Greeting, ...problemResponses },
};

/** GET /greeting */
export function greetingHttp(faults: Faults): HttpRoutes {
  return (app) => {
    app.get('/greeting', { schema }, async ({ query, callContext }) => {
      if (faults.active) await faults.inject(callContext.signal);
      return { message: greet(query.name) };
    });
  };
}
