/** HTTP on both ends: the server with what its routes need, and clients with the promises of gRPC's. */
export { createHttpClient, type HttpClient } from './client.ts';
export { problemResponses } from './problem-details.ts';
export { requestHeaders, responseHeaders } from './proxy-headers.ts';
export { createHttpServer, type HttpApp, type HttpRoutes } from './server.ts';
