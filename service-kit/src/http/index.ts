/** An HTTP API: the server and what its routes need. */
export { HttpProblem, problemResponses } from './problem-details.ts';
export { closeHttp, createHttpServer, type HttpServer, listenHttp, sendProblem } from './server.ts';
