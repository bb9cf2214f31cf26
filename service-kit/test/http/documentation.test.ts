import { send } from '@my-app/test-support/http';
import { Validator } from '@seriousme/openapi-schema-validator';
import Type from 'typebox';
import { expect, test } from 'vitest';
import { problemResponses } from '../../src/http/problem-details.ts';
import type { HttpApp } from '../../src/http/server.ts';
import { startHttpApp } from '../support/http-app.ts';

function routes(app: HttpApp): void {
  app.get(
    '/people/:name',
    {
      schema: {
        summary: 'Somebody.',
        params: Type.Object({ name: Type.String({ description: 'who' }) }),
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

test('/openapi.json is valid OpenAPI 3.1, which describes the routes, but not itself', async () => {
  const { url } = await startHttpApp(routes);
  const answer = await send(`${url}/openapi.json`);
  expect(answer.headers['content-type']).toMatch('application/json');
  expect(await new Validator().validate(answer.json)).toMatchObject({ valid: true });
  const { openapi, info, paths, components } = answer.json;
  expect(openapi).toBe('3.1.0');
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

test('/ links to both', async () => {
  const { url } = await startHttpApp(routes);
  const { status, json } = await send(url);
  expect(status).toBe(200);
  expect(json).toEqual({ title: 'Test', documentation: '/docs', openapi: '/openapi.json' });
  for (const path of [json.documentation, json.openapi]) {
    expect((await send(url + path)).status).toBe(200);
  }
});

test('/docs has a CSP that allows no other origins', async () => {
  const { url } = await startHttpApp(routes);
  const { headers, text } = await send(`${url}/docs`);
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  const csp = `${headers['content-security-policy']}`;
  expect(csp).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
  expect(csp).not.toMatch(/unsafe|https?:|\*/);
  expect(text).not.toMatch(/<script>|style=|https?:/);
});

test.each([
  ['start.js', 'text/javascript; charset=utf-8'],
  ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
  ['swagger-ui.css', 'text/css; charset=utf-8'],
])('/docs/%s belongs to the page', async (file, type) => {
  const { url } = await startHttpApp(routes);
  const { status, headers, text } = await send(`${url}/docs/${file}`);
  expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type });
  expect(text.length).toBeGreaterThan(100);
  expect(await send(`${url}/docs/${file}`, { method: 'HEAD' })).toMatchObject({
    status: 200,
    text: '',
  });
});

test.each(['package.json', '..%2fpackage.json', 'constructor'])(
  '/docs/%s does not',
  async (file) => {
    const { url } = await startHttpApp(routes);
    const { status, json } = await send(`${url}/docs/${file}`);
    expect(status).toBe(404);
    expect(json.detail).toBe(`there is no GET /docs/${file}`);
  },
);

test('/docs/ redirects to /docs', async () => {
  const { url } = await startHttpApp(routes);
  const { status, headers } = await send(`${url}/docs/`);
  expect({ status, location: headers.location }).toEqual({ status: 302, location: '../docs' });
});
