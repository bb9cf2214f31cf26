/** HTTP servers, with the plugins of their routes, and clients with the same call policy as gRPC clients. */
export { createHttpClient, type HttpClient } from './client.ts';
export { problemResponses } from './problem-details.ts';
export { requestHeaders, responseHeaders } from './proxy-headers.ts';
export { createHttpServer, type HttpApp, type HttpRoutes } from './server.ts';
