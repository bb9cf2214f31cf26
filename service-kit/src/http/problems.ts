import type { FastifyInstance, FastifyReply } from 'fastify';
import fp from 'fastify-plugin';
import { pathOf } from '../runtime/path-of.ts';
import { HttpProblem, problemContentType, toProblem } from './problem-details.ts';

/** Answers every error, and every unknown path, with problem details. */
export const problems = fp(async (app: FastifyInstance) => {
  app.setErrorHandler((error, _request, reply) => sendProblem(reply, error));
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      new HttpProblem(404, `there is no ${request.method} ${pathOf(request.url)}`),
    ),
  );
});

/** Answers with the problem details of an error, and logs it if the server is to blame. */
export function sendProblem(reply: FastifyReply, error: unknown): FastifyReply {
  const problem = toProblem(error);
  if (problem.statusCode >= 500) reply.log.error({ err: error }, 'request failed');
  return replyWith(reply, problem);
}

/** Answers with a problem, without a log line of its own. */
export function replyWith(reply: FastifyReply, problem: HttpProblem): FastifyReply {
  return reply
    .code(problem.statusCode)
    .headers(problem.headers)
    .header('content-type', problemContentType)
    .send(JSON.stringify({ ...problem.details, request_id: reply.request.id }));
}
