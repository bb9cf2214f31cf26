import type { Server as NodeServer } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  LogController,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
} from 'fastify';
import type { Logger } from '../runtime/logging.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { isOverloaded } from '../runtime/overload.ts';
import { pathOf } from '../runtime/path-of.ts';
import type { Readiness } from '../runtime/readiness.ts';
import { requestIdFrom, requestIdHeader } from '../runtime/request-id.ts';
import { listenError } from '../runtime/start-error.ts';
import { type ApiInfo, addDocumentation } from './documentation.ts';
import { observeRequests } from './observability.ts';
import { HttpProblem, problemContentType, problemDetails, toProblem } from './problem-details.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Those that were not turned away. */
    requestsUnderWay: number;
  }
}

export interface HttpServerOptions {
  logger: Logger;
  metrics: Pick<Metrics, 'httpServerDuration' | 'httpServerActive'>;
  readiness: Readiness;
  api: ApiInfo;
}

export type HttpServer = FastifyInstance<
  NodeServer,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

const seconds = 1000;
const limits = {
  bodyLimit: 64 * 1024,
  requestTimeout: 10 * seconds,
  // Above the usual 60 s of a load balancer in front, which must be the one that closes.
  keepAliveTimeout: 72 * seconds,
  maxRequestsPerSocket: 10_000,
  http: { maxHeaderSize: 16 * 1024, headersTimeout: 10 * seconds },
};

/** A Fastify server with limits, problem details, documentation, and its requests observed. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const app: HttpServer = fastify({
    ...limits,
    // Fastify's own logger is for trouble: requests are logged by observeRequests, and where the
    // service listens is told when it is ready.
    loggerInstance: options.logger.child(
      {},
      { level: options.logger.isLevelEnabled('warn') ? 'warn' : 'silent' },
    ) as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: () => options.logger,
    genReqId: (request) => requestIdFrom(request.headers[requestIdHeader]),
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        validateSchema: false, // The routes' schemas: TypeBox makes them, and a tenth of the start goes.
      },
    },
    frameworkErrors: (error, _request, reply) => sendProblem(reply as FastifyReply, error),
    clientErrorHandler,
  }).withTypeProvider<TypeBoxTypeProvider>();
  observeRequests(app, options.metrics);
  closeConnectionsWhenDraining(app, options.readiness);
  app.setErrorHandler((error, _request, reply) => sendProblem(reply, error));
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      new HttpProblem(404, `there is no ${request.method} ${pathOf(request.url)}`),
    ),
  );
  shedLoad(app);
  await addDocumentation(app, options.api);
  return app;
}

/**
 * Starts to listen and gives the port, which is a free one where `port` is 0.
 *
 * @throws StartError
 */
export async function listenHttp(app: HttpServer, host: string, port: number): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw listenError(host, port, 'HTTP_PORT', error);
  }
  return (app.server.address() as AddressInfo).port;
}

/** Accepts nothing new and resolves when every request under way has its answer. */
export async function closeHttp(app: HttpServer): Promise<void> {
  // Fastify closes what is idle at this moment; what becomes idle later would be waited for until
  // its keep-alive time is over, and what was opened ahead and never used until it is closed from
  // the other end. https://github.com/fastify/fastify/issues/7044
  let looksWithoutRequests = 0;
  const sweep = setInterval(() => {
    app.server.closeIdleConnections();
    looksWithoutRequests = app.requestsUnderWay === 0 ? looksWithoutRequests + 1 : 0;
    if (looksWithoutRequests > 1) app.server.closeAllConnections();
  }, 50);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
  }
}

/** Sends a failure as problem details. */
export function sendProblem(reply: FastifyReply, error: unknown): FastifyReply {
  const answer = toProblem(error);
  if (answer.problem.status >= 500) reply.log.error({ err: error }, 'request failed');
  return send(reply, answer);
}

function send(
  reply: FastifyReply,
  { problem, retryAfter }: ReturnType<typeof toProblem>,
): FastifyReply {
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  return reply
    .code(problem.status)
    .header('content-type', problemContentType)
    .send(JSON.stringify({ ...problem, request_id: reply.request.id }));
}

/** Turns requests away while there are more than can be answered. Each costs its line in the log only. */
function shedLoad(app: HttpServer): void {
  app.decorate('requestsUnderWay', 0);
  const overloaded = new HttpProblem(503, 'overloaded', { retryAfter: 1 });
  app.addHook('onRequest', (_request, reply, done) => {
    if (isOverloaded(app.requestsUnderWay)) {
      send(reply, toProblem(overloaded));
      return;
    }
    app.requestsUnderWay += 1;
    // Fastify's onResponse is not called where the client has gone.
    reply.raw.once('close', () => {
      app.requestsUnderWay -= 1;
    });
    done();
  });
}

/** While draining, each answer tells its client to open its next connection elsewhere. */
function closeConnectionsWhenDraining(app: HttpServer, readiness: Readiness): void {
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (readiness.draining) reply.header('connection', 'close');
    done();
  });
}

/** For what is not even HTTP, so that there is no request to answer: a bare answer, then the end. */
function clientErrorHandler(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = clientErrorStatuses[`${error.code}`] ?? 400;
  const body = JSON.stringify(problemDetails(status, 'the request is not valid HTTP'));
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `Content-Type: ${problemContentType}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

const clientErrorStatuses: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};
