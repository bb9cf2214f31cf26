import type { HttpApp } from '@my-app/service-kit/http';
import type { FastifyReply } from 'fastify';

export function routes(app: HttpApp, schema: object, handler: () => void): void {
  // ruleid: route-without-schema
  app.get('/a', handler);
  // ruleid: route-without-schema
  app.post('/a', { bodyLimit: 10 }, handler);
  // ruleid: route-without-schema
  app.route({ method: 'GET', url: '/a', handler });
  // ok: route-without-schema
  app.get('/a', { schema: { querystring: {} } }, handler);
  // ok: route-without-schema
  app.route({ method: 'GET', url: '/a', schema, handler });
  // ok: route-without-schema
  new Map().get('a');
}

export function answers(reply: FastifyReply, error: Error): void {
  // ruleid: error-details-in-answer
  reply.code(500).send({ status: 500, detail: error.message });
  // ruleid: error-details-in-answer
  reply.send(error.stack);
  // ok: error-details-in-answer
  reply.send({ message: 'Hello' });
}
