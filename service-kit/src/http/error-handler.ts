import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import findMyWay, { type HTTPMethod, type HTTPVersion } from 'find-my-way';
import { LogSampler } from '../runtime/log-sampler.ts';
import { pathOf } from '../runtime/path-of.ts';
import { HttpProblem, problemContentType, toProblem } from './problem-details.ts';

/** Responds with problem details to errors, unknown paths and methods, and queries that cannot be decoded. */
export const problems = fp(async (app: FastifyInstance) => {
  const routes = findMyWay();
  app.addHook('onRoute', ({ method, url }) => {
    for (const name of [method].flat() as HTTPMethod[]) {
      if (!routes.hasRoute(name, url)) routes.on(name, url, () => {});
    }
  });
  app.setErrorHandler((error, _request, reply) => sendProblem(reply, error));
  app.setNotFoundHandler((request, reply) => sendProblem(reply, notFound(app, routes, request)));
  app.addHook('onRequest', async (request) => {
    checkHeaders(request.raw);
    // Checked here, because Fastify calls the handler above only after it has parsed the body.
    if (request.is404) throw notFound(app, routes, request);
    const query = request.url.indexOf('?');
    if (query >= 0 && !isEncodedText(request.url.slice(query))) {
      throw new HttpProblem(400, 'the query is not percent-encoded UTF-8');
    }
  });
});

/** https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2 and a port, or nothing. */
const host = /^(\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(:\d*)?$/i;

/**
 * RFC 9112, section 3.2: an HTTP/1.1 request must have exactly one Host header, with a valid value.
 *
 * @throws HttpProblem
 */
function checkHeaders({ rawHeaders, headers, httpVersion }: IncomingMessage): void {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.length === 4 && rawHeaders[i]?.toLowerCase() === 'host') hosts += 1;
  }
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1') || !host.test(headers.host ?? '')) {
    const close = { connection: 'close' };
    const detail = 'the request must have exactly one Host header, host or host:port';
    throw new HttpProblem(400, detail, { headers: close });
  }
  const { expect } = headers;
  if (expect && expect.toLowerCase() !== '100-continue') {
    throw new HttpProblem(417, '100-continue is the only supported expectation');
  }
}

type Routes = findMyWay.Instance<HTTPVersion.V1>;

/** 405 with the methods of the routes that match the path, wildcards included, or 404. */
function notFound(
  app: FastifyInstance,
  routes: Routes,
  { method, url }: FastifyRequest,
): HttpProblem {
  const path = pathOf(url);
  const allowed = app.supportedMethods.filter((other) => routes.find(other as HTTPMethod, path));
  // The handler of an existing route can also respond with 404.
  if (allowed.length === 0 || allowed.includes(method))
    return new HttpProblem(404, `there is no ${method} ${path}`);
  const headers = { allow: allowed.join(', ') };
  return new HttpProblem(405, `${method} is not allowed on ${path}`, { headers });
}

function isEncodedText(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const answersLogged = new LogSampler(10);

/**
 * Responds with the problem details of an error. Logs server errors: a bug with its stack; an expected
 * error, such as an open circuit breaker, without one and sampled.
 */
export function sendProblem(reply: FastifyReply, error: unknown): FastifyReply {
  const problem = toProblem(error);
  if (!problem) reply.log.error({ err: error }, 'request failed');
  else if (problem.statusCode >= 500) logAnswer(reply, problem, error as Error);
  return replyWith(reply, problem ?? new HttpProblem(500, 'internal error'));
}

function logAnswer(reply: FastifyReply, { statusCode, message }: HttpProblem, error: Error) {
  const sample = answersLogged.next();
  if (!sample) return;
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  const fields = { http_response_status_code: statusCode, reason: message, cause, ...sample };
  reply.log.warn(fields, 'request failed');
}

/** Responds with a problem, without an additional log line. */
export function replyWith(reply: FastifyReply, problem: HttpProblem): FastifyReply {
  return reply
    .code(problem.statusCode)
    .headers(problem.headers)
    .header('content-type', problemContentType)
    .send(JSON.stringify({ ...problem.details, request_id: reply.request.id }));
}
