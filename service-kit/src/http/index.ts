/** HTTP on both ends: the server with what its routes need, and what a client reports. */
export { HttpClientCall } from './client-call.ts';
export { HttpProblem, problemResponses } from './problem-details.ts';
export { sendProblem } from './problems.ts';
export { createHttpServer, type HttpApp, type HttpRoutes } from './server.ts';
