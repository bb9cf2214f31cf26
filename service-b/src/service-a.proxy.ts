import httpProxy from '@fastify/http-proxy';
import {
  type HttpApp,
  type HttpClient,
  type HttpRoutes,
  requestHeaders,
  responseHeaders,
} from '@my-app/service-kit/http';

const prefix = '/service_a';

/** Forwards /service_a/* to the HTTP API of Service A at `url`. */
export function serviceAProxy(serviceA: HttpClient, url: string): HttpRoutes {
  return async (app) => {
    // Service A documents its own routes.
    app.addHook('onRoute', (route) => {
      route.schema = { ...route.schema, hide: true };
    });
    readBodies(app);
    await app.register(httpProxy, {
      upstream: url,
      prefix,
      proxyPayloads: false, // see readBodies
      // reply-from cannot cancel a request and lacks the call policy of the gRPC hop, so serviceA sends it.
      async handler(request, reply, path) {
        const [query = ''] = /\?.*/s.exec(request.url) ?? [];
        const headers = requestHeaders(request, 'service-b');
        const body = request.body as Buffer | undefined;
        const call = { method: request.method, path: (path || '/') + query, headers, body };
        const response = await serviceA.send(call, request.callContext);
        return reply
          .code(response.statusCode ?? 0)
          .headers(responseHeaders(response, new URL(path, url), prefix))
          .send(response);
      },
    });
  };
}

/**
 * Reads the whole body, up to the server's limit, before sending anything to Service A. If the body
 * were streamed and Service A responded early, the rest would stay unread and the connection would hang.
 */
function readBodies(app: HttpApp): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}
