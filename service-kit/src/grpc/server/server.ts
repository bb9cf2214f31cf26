import { setTimeout as sleep } from 'node:timers/promises';
import {
  Server as GrpcServer,
  type ServerCredentials,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js';
import { fileDescriptions } from '@my-app/proto/descriptors';
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
  const { services, logger, readiness, credentials, maxConnectionAgeMs } = options;
  logGrpcErrors(logger);
  const server = new GrpcServer({
    ...serverLimits,
    'grpc.max_connection_age_ms': maxConnectionAgeMs,
    'grpc.enable_channelz': 0, // counts every call for a debugging service that is not served here
  });
  const closing = new AbortController();
  const admission = new Admission({ requests: maxCalls });
  const given = { ...options, admission, shutdown: closing.signal };
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
  const names = services.map(({ definition }) => serviceName(definition));
  addHealth(server, names, readiness);
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
      const closed = closeGracefully(server, admission);
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
async function closeGracefully(server: GrpcServer, admission: Admission): Promise<void> {
  const finished = new Promise<void>((resolve) => {
    server.tryShutdown(() => resolve());
  });
  const stopWaiting = new AbortController();
  await Promise.race([finished, idle(admission, stopWaiting.signal)]);
  stopWaiting.abort();
  server.forceShutdown();
}

/** Resolves when two checks in a row found no calls, so that the last response has left. */
async function idle(admission: Admission, signal: AbortSignal): Promise<void> {
  for (let idleChecks = 0; idleChecks < 2 && !signal.aborted; ) {
    await sleep(50);
    idleChecks = admission.inFlight === 0 ? idleChecks + 1 : 0;
  }
}
