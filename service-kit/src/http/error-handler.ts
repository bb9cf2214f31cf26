import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { LogSampler } from '../runtime/log-sampler.ts';
import { pathOf } from '../runtime/path-of.ts';
import { HttpProblem, isAnswer, problemContentType, toProblem } from './problem-details.ts';

/** Answers every error, every unknown path or method, and queries that are no text, with problem details. */
export const problems = fp(async (app: FastifyInstance) => {
  app.setErrorHandler((error, _request, reply) => sendProblem(reply, error));
  app.setNotFoundHandler((request, reply) => sendProblem(reply, notFound(app, request)));
  app.addHook('onRequest', async (request) => {
    // Here, as Fastify calls the handler above only when the body is read and parsed.
    if (request.is404) throw notFound(app, request);
    const query = request.url.indexOf('?');
    if (query >= 0 && !isEncodedText(request.url.slice(query))) {
      throw new HttpProblem(400, 'the query is not percent-encoded UTF-8');
    }
  });
});

function notFound(app: FastifyInstance, { method, url }: FastifyRequest): HttpProblem {
  const path = pathOf(url);
  const allowed = app.supportedMethods.filter((other) =>
    app.hasRoute({ method: other, url: path }),
  );
  if (allowed.length === 0) return new HttpProblem(404, `there is no ${method} ${path}`);
  const headers = { allow: allowed.join(', ') };
  return new HttpProblem(405, `${path} has no ${method}`, { headers });
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
 * Answers with the problem details of an error, and logs it if a server is to blame: with its stack if it is
 * a bug, and in a few words, of a storm only some, if the error is an answer, such as an open circuit breaker.
 */
export function sendProblem(reply: FastifyReply, error: unknown): FastifyReply {
  const problem = toProblem(error);
  if (!isAnswer(error)) reply.log.error({ err: error }, 'request failed');
  else if (problem.statusCode >= 500) logAnswer(reply, problem, error);
  return replyWith(reply, problem);
}

function logAnswer(
  reply: FastifyReply,
  { statusCode: status, message }: HttpProblem,
  error: Error,
) {
  const sample = answersLogged.next();
  if (!sample) return;
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  reply.log.warn({ status, reason: message, cause, ...sample }, 'request failed');
}

/** Answers with a problem, without a log line of its own. */
export function replyWith(reply: FastifyReply, problem: HttpProblem): FastifyReply {
  return reply
    .code(problem.statusCode)
    .headers(problem.headers)
    .header('content-type', problemContentType)
    .send(JSON.stringify({ ...problem.details, request_id: reply.request.id }));
}
