import {
  Server,
  type ServerCredentials,
  type ServerOptions,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { FileDescription } from '@my-app/proto/descriptors';
import type { Gauge } from 'prom-client';
import type { Metrics } from '../runtime/metrics.ts';
import type { Readiness } from '../runtime/readiness.ts';
import { listenError } from '../runtime/start-error.ts';
import { addHealth } from './health.ts';
import { addReflection } from './reflection.ts';

export interface GrpcServerOptions {
  services: { definition: ServiceDefinition; implementation: UntypedServiceImplementation }[];
  /** What reflection tells. */
  files: FileDescription[];
  readiness: Readiness;
  credentials: ServerCredentials;
  /** Connections are closed gracefully at this age (±10 %), so that clients find new servers. */
  maxConnectionAgeMs: number;
}

const seconds = 1000;
const limits: ServerOptions = {
  'grpc.max_receive_message_length': 64 * 1024,
  'grpc.max_send_message_length': 64 * 1024,
  'grpc.max_metadata_size': 16 * 1024,
  'grpc.max_concurrent_streams': 1000,
  // Probes open a connection each time and leave it: https://github.com/grpc/grpc-node/issues/2975
  'grpc.max_connection_idle_ms': 60 * seconds,
  'grpc.max_connection_age_grace_ms': 10 * seconds,
  'grpc.keepalive_time_ms': 30 * seconds,
  'grpc.keepalive_timeout_ms': 5 * seconds,
  'grpc.enable_channelz': 0, // Counts each call, for a debugging service that is not served here.
};

/** A gRPC server with health (grpc.health.v1), reflection (v1 and v1alpha) and limits. */
export class GrpcServer {
  readonly #server: Server;
  readonly #credentials: ServerCredentials;

  constructor(options: GrpcServerOptions) {
    this.#credentials = options.credentials;
    this.#server = new Server({
      ...limits,
      'grpc.max_connection_age_ms': options.maxConnectionAgeMs,
    });
    for (const { definition, implementation } of options.services) {
      this.#server.addService(definition, implementation);
    }
    const names = options.services.map(({ definition }) => serviceName(definition));
    addHealth(this.#server, names, options.readiness);
    addReflection(this.#server, options.files);
  }

  /**
   * Starts to listen and gives the port, which is a free one where `port` is 0.
   *
   * @throws StartError
   */
  listen(host: string, port: number): Promise<number> {
    const address = host.includes(':') ? `[${host}]` : host;
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(`${address}:${port}`, this.#credentials, (error, bound) => {
        if (error) reject(listenError(host, port, 'GRPC_PORT', error));
        else resolve(bound);
      });
    });
  }

  /**
   * Accepts nothing new and resolves when the calls under way are done. A stream that has no end,
   * such as a health watch, is cut once the metrics say that nothing else is left.
   */
  async close(metrics: Pick<Metrics, 'rpcServerActive'>): Promise<void> {
    const finished = new Promise<void>((resolve) => {
      this.#server.tryShutdown(() => resolve());
    });
    const abort = new AbortController();
    await Promise.race([finished, idle(metrics.rpcServerActive, abort.signal)]);
    abort.abort();
    this.#server.forceShutdown();
  }
}

function serviceName(definition: ServiceDefinition): string {
  const [method] = Object.values(definition);
  return method?.path.split('/')[1] ?? '';
}

/** Resolves when there were no calls at two looks in a row, so that the last answer has left. */
async function idle(active: Gauge, signal: AbortSignal): Promise<void> {
  for (let quiet = 0; quiet < 2 && !signal.aborted; ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { values } = await active.get();
    quiet = values[0]?.value === 0 ? quiet + 1 : 0;
  }
}
