import { Validator } from '@seriousme/openapi-schema-validator';
import Type from 'typebox';
import { expect, test } from 'vitest';
import { send } from '../../../test/support/http.ts';
import { problemResponses } from '../../src/http/problem-details.ts';
import type { HttpApp } from '../../src/http/server.ts';
import { startHttpApp } from '../support/http-app.ts';

const evil = `<script>alert("&")</script>`;

function routes(app: HttpApp): void {
  app.get(
    '/people/:name',
    {
      schema: {
        summary: `Somebody, ${evil}`,
        params: Type.Object({ name: Type.String({ description: `who, ${evil}` }) }),
        querystring: Type.Object({ page: Type.Optional(Type.String()) }),
        response: {
          200: Type.Object({ name: Type.String() }, { description: 'the person' }),
          ...problemResponses,
        },
      },
    },
    async ({ params }) => params,
  );
  app.get('/plain', async () => 'without a schema');
}

test('/openapi.json is valid OpenAPI 3.1', async () => {
  const { url } = await startHttpApp(routes);
  const answer = await send(`${url}/openapi.json`);
  expect(answer.headers['content-type']).toMatch('application/json');
  expect(answer.json.openapi).toBe('3.1.0');
  expect(await new Validator().validate(answer.json)).toMatchObject({ valid: true });
});

test('/openapi.json describes the routes, but not itself', async () => {
  const { url } = await startHttpApp(routes);
  const { info, paths, components } = (await send(`${url}/openapi.json`)).json;
  expect(info).toEqual({ title: 'Test', description: 'For a test.', version: '1.2.3' });
  expect(Object.keys(paths)).toEqual(['/people/{name}', '/plain']);
  const { parameters, responses } = paths['/people/{name}'].get;
  expect(parameters).toMatchObject([
    { in: 'query', name: 'page', required: false },
    { in: 'path', name: 'name', required: true },
  ]);
  expect(responses['4XX'].content['application/problem+json'].schema).toEqual({
    $ref: '#/components/schemas/ProblemDetails',
  });
  expect(components.schemas.ProblemDetails.properties).toHaveProperty('errors');
});

test('/docs is a page', async () => {
  const { url } = await startHttpApp(routes);
  const { headers, text } = await send(`${url}/docs`);
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  for (const part of ['Test <small>1.2.3</small>', 'GET /people/{name}', 'path: who', '4XX']) {
    expect(text).toContain(part);
  }
  expect((await send(`${url}/docs`)).text).toBe(text);
});

test('/docs runs no scripts: text is escaped, and a CSP is set', async () => {
  const api = { title: evil, description: evil, version: evil };
  const { url } = await startHttpApp(routes, api);
  const { headers, text } = await send(`${url}/docs`);
  expect(text).not.toContain('<script');
  expect(text.split('&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;')).toHaveLength(7);
  expect(headers['content-security-policy']).toBe("default-src 'none'; style-src 'unsafe-inline'");
});
