/** An HTTP API: the server, and what its routes need. */
export { HttpProblem, problemResponses } from './problem-details.ts';
export { sendProblem } from './problems.ts';
export { createHttpServer, type HttpApp, type HttpRoutes } from './server.ts';
