import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { apiPage } from './api-page.ts';
import { ProblemDetails } from './problem-details.ts';

/** Metadata of an API's documentation. */
export interface ApiInfo {
  title: string;
  description: string;
  version: string;
}

/** Serves the OpenAPI document at `/openapi.json`, its page at `/docs`, and links to both at `/`. */
export const documentation = fp(async (app: FastifyInstance, { api }: { api: ApiInfo }) => {
  app.addSchema(ProblemDetails);
  await app.register(swagger, {
    // A relative URL, which is also valid behind a proxy that adds a prefix.
    openapi: { openapi: '3.1.0', info: api, servers: [{ url: '.', description: 'this server' }] },
    stripBasePath: false,
    refResolver: { buildLocalReference: (json) => String(json.$id) },
  });
  app.get('/', { schema: { hide: true } }, async () => ({
    title: api.title,
    documentation: '/docs',
    openapi: '/openapi.json',
  }));
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  await app.register(apiPage);
});
