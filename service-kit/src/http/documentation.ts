import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { OpenAPIV3 } from 'openapi-types';
import { ProblemDetails } from './problem-details.ts';

/** What an API's documentation says about the API as a whole. */
export interface ApiInfo {
  title: string;
  description: string;
  version: string;
}

/** Serves the OpenAPI document of the routes' schemas at `/openapi.json`, and as a page at `/docs`. */
export const documentation = fp(async (app: FastifyInstance, { api }: { api: ApiInfo }) => {
  app.addSchema(ProblemDetails);
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: api },
    refResolver: { buildLocalReference: (json) => String(json.$id) },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  app.get('/docs', { schema: { hide: true } }, async (_request, reply) => {
    return reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .send(documentationPage(app.swagger() as OpenAPIV3.Document, api));
  });
});

/** A page without scripts: Swagger UI would be ten times the size of the service. */
function documentationPage({ paths }: OpenAPIV3.Document, info: ApiInfo): string {
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item ?? {}).map(([method, operation]) =>
      operationSection(method, path, operation as OpenAPIV3.OperationObject),
    ),
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(info.title)}</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }
  table { border-collapse: collapse } td, th { padding: .2rem 1rem .2rem 0; text-align: left; vertical-align: top }
  code { background: #8882; padding: 0 .3rem }
</style>
<h1>${escapeHtml(info.title)} <small>${escapeHtml(info.version)}</small></h1>
<p>${escapeHtml(info.description)} For tools: <a href="openapi.json">openapi.json</a>.</p>
${operations.join('\n')}
</html>
`;
}

function operationSection(
  method: string,
  path: string,
  operation: OpenAPIV3.OperationObject,
): string {
  const parameters = (operation.parameters ?? []) as OpenAPIV3.ParameterObject[];
  const rows = (cells: [string, string][]): string =>
    cells
      .map(([key, text]) => `<tr><td><code>${escapeHtml(key)}</code><td>${escapeHtml(text)}`)
      .join('\n');
  return `<h2><code>${method.toUpperCase()} ${escapeHtml(path)}</code></h2>
<p>${escapeHtml(operation.summary ?? '')}</p>
<table>
${rows(parameters.map(({ name, in: place, description = '' }) => [name, `${place}: ${description}`]))}
${rows(
  Object.entries(operation.responses).map(([status, response]) => [
    status,
    (response as OpenAPIV3.ResponseObject).description,
  ]),
)}
</table>`;
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `${entities[character]}`);
