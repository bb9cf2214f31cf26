import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** The page's files by their names under /docs. tools/release/bundle.ts copies them next to the bundle. */
const files = new Map([
  ['start.js', import.meta.resolve('./api-page/start.js')],
  ['swagger-ui-bundle.js', import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js')],
  ['swagger-ui.css', import.meta.resolve('swagger-ui-dist/swagger-ui.css')],
]);
const page = import.meta.resolve('./api-page/index.html');

const types: Record<string, string> = { html: 'text/html', js: 'text/javascript', css: 'text/css' };

/** Allows only resources of the service itself, and the inline icons of Swagger UI's style sheet. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Swagger UI at `/docs`, for the document at `/openapi.json`. Its URLs are relative, so that it also
 * works behind a proxy that adds a prefix. The plugin @fastify/swagger-ui would load a file server
 * and a YAML library at startup; these files are read when someone first opens the page.
 */
export async function apiPage(app: FastifyInstance): Promise<void> {
  app.get('/docs', { schema: { hide: true } }, (_request, reply) =>
    sendFile(reply.header('content-security-policy', contentSecurityPolicy), page, 'no-cache'),
  );
  app.get<{ Params: { file: string } }>(
    '/docs/:file',
    { schema: { hide: true } },
    (request, reply) => {
      const { file } = request.params;
      if (file === '') return reply.redirect('../docs');
      const url = files.get(file);
      return url ? sendFile(reply, url, 'max-age=3600') : reply.callNotFound();
    },
  );
}

/** Each file is read once, when someone first opens the page: 1.6 MB in all. */
const contents = new Map<string, Promise<Buffer>>();
const sliceBytes = 16 * 1024;

async function sendFile(
  reply: FastifyReply,
  url: string,
  cacheControl: string,
): Promise<FastifyReply> {
  const content = contents.get(url) ?? readFile(new URL(url));
  contents.set(url, content);
  const bytes = await content;
  return reply
    .type(`${types[url.replace(/.*\./, '')]}; charset=utf-8`)
    .header('cache-control', cacheControl)
    .header('x-content-type-options', 'nosniff')
    .header('content-length', bytes.length)
    .send(Readable.from(slices(bytes), { objectMode: false }));
}

/**
 * All clients that do not read their response share one buffer. The kernel may take a whole file at once, so others get their
 * turn after each slice: 500 files in one turn of the event loop took a second.
 */
async function* slices(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += sliceBytes) {
    yield bytes.subarray(start, start + sliceBytes);
    await setImmediate();
  }
}
