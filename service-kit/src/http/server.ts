import type { Server as NodeServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
} from 'fastify';
import { type HttpBounds, nodeLimits, progressTimeout } from '../runtime/http-connections.ts';
import type { Logger } from '../runtime/logging.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Readiness } from '../runtime/readiness.ts';
import { requestIdFrom, requestIdHeader } from '../runtime/request-id.ts';
import type { Server } from '../runtime/server.ts';
import { admission } from './admission.ts';
import { body } from './body.ts';
import { type ApiInfo, documentation } from './documentation.ts';
import { closeGracefully, drain } from './drain.ts';
import { problems, sendProblem } from './error-handler.ts';
import { answerMalformed } from './malformed-request.ts';
import { observability } from './observability.ts';
import { safeHeaders } from './safe-headers.ts';
import { toInvalidArgument } from './validation-error.ts';

/** A Fastify instance whose handlers get their types from TypeBox schemas. */
export type HttpApp = FastifyInstance<
  NodeServer,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** Adds routes to a separate Fastify instance: hooks and parsers added here apply to these routes only. */
export type HttpRoutes = (app: HttpApp) => void | Promise<void>;

export interface HttpServerOptions {
  logger: Logger;
  metrics: Pick<Metrics, 'httpServerDuration' | 'httpServerActive'>;
  readiness: Readiness;
  api: ApiInfo;
  routes: HttpRoutes[];
  /** Number of reverse proxies whose X-Forwarded-* headers are trusted. */
  trustedProxies?: number;
}

/** docs/limits.md derives these limits. */
const bounds: HttpBounds = {
  connections: 2100,
  requests: 2048,
  body: 64 * 1024,
  bodies: 4 * 1024 * 1024,
  unsent: 8 * 1024 * 1024,
};

const limits = {
  bodyLimit: bounds.body,
  requestTimeout: nodeLimits.requestTimeout,
  connectionTimeout: progressTimeout,
  // Longer than the usual 60 s of a load balancer, which must be the first to close an idle connection.
  keepAliveTimeout: 72_000,
  maxRequestsPerSocket: 10_000,
  http: { ...nodeLimits, requireHostHeader: false /* checked with the other headers */ },
};

/** A server for routes, with limits, load shedding, problem details, telemetry and documentation. */
export function createHttpServer(options: HttpServerOptions): Server {
  const app = createApp(options.logger, options.trustedProxies);
  app.register(observability, options);
  app.register(safeHeaders);
  app.register(admission, bounds);
  app.register(problems);
  app.register(body, { limit: bounds.body });
  app.register(drain, { readiness: options.readiness });
  app.register(documentation, { api: options.api });
  for (const addRoutes of options.routes) {
    app.register(async (scope) => addRoutes(scope.withTypeProvider<TypeBoxTypeProvider>()));
  }
  return {
    async listen(host, port) {
      await app.listen({ host, port, backlog: bounds.connections });
      return (app.server.address() as AddressInfo).port;
    },
    close: () => closeGracefully(app),
  };
}

function createApp(logger: Logger, trustedProxies = 0): FastifyInstance {
  return fastify({
    ...limits,
    trustProxy: trustedProxies > 0 && ((_address, hop) => hop < trustedProxies),
    // Only for warnings: the observability plugin logs requests, and the kit logs the ports.
    loggerInstance: logger.child(
      {},
      { level: logger.isLevelEnabled('warn') ? 'warn' : 'silent' },
    ) as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: () => logger,
    genReqId: (request) => requestIdFrom(request.headers[requestIdHeader]),
    rewriteUrl: ({ url = '/' }) => originForm(url),
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        keywords: ['x-rule'], // see toInvalidArgument
        verbose: true,
        validateSchema: false, // TypeBox generates valid schemas; validating them takes a tenth of the startup.
      },
    },
    schemaErrorFormatter: toInvalidArgument,
    // Errors before routing, such as a URL that cannot be decoded.
    frameworkErrors: (error, request, reply) => {
      const [incoming, answer] = [request as FastifyRequest, reply as FastifyReply];
      incoming.server.observe(incoming, answer);
      if (incoming.server.admit(incoming, answer)) sendProblem(answer, error);
    },
    clientErrorHandler(this: FastifyInstance, error, socket) {
      answerMalformed(this, error, socket as Socket);
    },
  });
}

/** Removes scheme and host, which a server must accept in a target: RFC 9112, section 3.2.2. */
const originForm = (target: string): string =>
  target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]*\/?/i, '/');
