/** HTTP on both ends: the server with what its routes need, and what a client reports. */
export { HttpClientCall } from './client-call.ts';
export { sendProblem } from './error-handler.ts';
export { HttpProblem, problemResponses } from './problem-details.ts';
export { createHttpServer, type HttpApp, type HttpRoutes } from './server.ts';
