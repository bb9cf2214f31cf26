import {
  Server as GrpcServer,
  type ServerCredentials,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js';
import { fileDescriptions } from '@my-app/proto/descriptors';
import type { Gauge } from 'prom-client';
import { Admission } from '../../runtime/admission.ts';
import type { Logger } from '../../runtime/logging.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Readiness } from '../../runtime/readiness.ts';
import type { Server } from '../../runtime/server.ts';
import { logGrpcErrors } from '../logger.ts';
import { grpcTypeOf } from '../method-kind.ts';
import { StatusError } from '../status-error.ts';
import { reportFailures } from './failures.ts';
import { addHealth } from './health.ts';
import { limitConnections, maxCalls, serverLimits } from './limits.ts';
import { addReflection } from './reflection.ts';
import { streamHandler } from './server-stream.ts';
import type { GrpcService } from './service.ts';
import { unaryHandler } from './unary.ts';

export interface GrpcServerOptions {
  services: GrpcService[];
  logger: Logger;
  metrics: Pick<Metrics, 'rpcServerDuration' | 'rpcServerActive' | 'rpcServerMessages'>;
  readiness: Readiness;
  credentials: ServerCredentials;
  /** Connections end at this age (±10 %): no new calls, and a minute for those in flight. */
  maxConnectionAgeMs: number;
}

/** A gRPC server for the given services, with health (grpc.health.v1), reflection and limits. */
export function createGrpcServer(options: GrpcServerOptions): Server {
  const { services, logger, metrics, readiness, credentials, maxConnectionAgeMs } = options;
  logGrpcErrors(logger);
  const server = new GrpcServer({
    ...serverLimits,
    'grpc.max_connection_age_ms': maxConnectionAgeMs,
    'grpc.enable_channelz': 0, // counts every call for a debugging service that is not served here
  });
  const closing = new AbortController();
  const given = {
    ...options,
    admission: new Admission({ requests: maxCalls }),
    shutdown: closing.signal,
  };
  for (const { definition, handlers } of services) {
    const wrapped = Object.entries(definition).map(([name, method]) => {
      const wrap = grpcTypeOf(method) === 'unary' ? unaryHandler : streamHandler;
      return [name, handlers[name] && wrap(method, handlers[name], given)];
    });
    const serialized = Object.entries(definition).map(([name, method]) => {
      return [name, { ...method, responseSerialize: (bytes: Buffer) => bytes }];
    });
    server.addService(Object.fromEntries(serialized), Object.fromEntries(wrapped));
  }
  const methods = services.flatMap(({ definition }) => Object.values(definition));
  addHealth(
    server,
    services.map(({ definition }) => serviceName(definition)),
    readiness,
  );
  addReflection(server, fileDescriptions);
  return {
    async listen(host, port) {
      const address = host.includes(':') ? `[${host}]` : host;
      const bound = await new Promise<number>((resolve, reject) => {
        server.bindAsync(`${address}:${port}`, credentials, (error, bound) =>
          error ? reject(error) : resolve(bound),
        );
      });
      const types = new Map(methods.map((method) => [method.path, grpcTypeOf(method)]));
      limitConnections(server, types, reportFailures(types, options));
      return bound;
    },
    close() {
      const closed = closeGracefully(server, metrics.rpcServerActive);
      closing.abort(new StatusError(status.UNAVAILABLE, 'the server is shutting down'));
      return closed;
    },
  };
}

function serviceName(definition: ServiceDefinition): string {
  const [method] = Object.values(definition);
  return method?.path.split('/')[1] ?? '';
}

/** Health watches and reflection are cut when no other call is in flight. */
async function closeGracefully(server: GrpcServer, activeCalls: Gauge): Promise<void> {
  const finished = new Promise<void>((resolve) => {
    server.tryShutdown(() => resolve());
  });
  const stopWaiting = new AbortController();
  await Promise.race([finished, idle(activeCalls, stopWaiting.signal)]);
  stopWaiting.abort();
  server.forceShutdown();
}

/** Resolves when two checks in a row found no calls, so that the last response has left. */
async function idle(activeCalls: Gauge, signal: AbortSignal): Promise<void> {
  for (let idleChecks = 0; idleChecks < 2 && !signal.aborted; ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { values } = await activeCalls.get();
    idleChecks = values[0]?.value === 0 ? idleChecks + 1 : 0;
  }
}
