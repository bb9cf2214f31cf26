import '@my-app/service-kit/signals'; // first: see handle-signals.ts

import { createGrpcServer } from '@my-app/service-kit/grpc/server';
import { loadCredentials } from '@my-app/service-kit/grpc/tls';
import { createHttpServer } from '@my-app/service-kit/http';
import { defineService, run } from '@my-app/service-kit/runtime';
import manifest from '../package.json' with { type: 'json' };
import { faultsAdmin } from './faults.admin.ts';
import { Faults } from './faults.ts';
import { greetingGrpc } from './greeting.grpc.ts';
import { greetingHttp } from './greeting.http.ts';
import { settings } from './settings.ts';

/** Service A: a greeting, over gRPC and over HTTP. */
export const serviceA = defineService({
  name: 'service-a',
  settings,
  async build({ config, logger, metrics, readiness, admin }) {
    const faults = new Faults(
      { delayMs: config.FAULT_DELAY_MS, errorRate: config.FAULT_ERROR_RATE },
      (description) => {
        logger.warn({ faults: description }, 'fault injection');
        readiness.note('faults', description);
      },
    );
    admin.add('/faults', faultsAdmin(faults, config.FAULTS_ENABLED));
    const credentials = await loadCredentials(config, { logger, metrics });

    const grpc = createGrpcServer({
      logger,
      metrics,
      readiness,
      credentials: credentials.server,
      maxConnectionAgeMs: config.GRPC_MAX_CONNECTION_AGE_MS,
      services: [greetingGrpc(faults)],
    });

    const http = createHttpServer({
      logger,
      metrics,
      readiness,
      api: {
        title: 'Service A',
        description: 'Returns a greeting. Also served over gRPC as greeting.v1.GreetingService.',
        version: manifest.version,
      },
      routes: [greetingHttp(faults)],
    });

    return {
      servers: {
        grpc: { server: grpc, port: config.GRPC_PORT },
        http: { server: http, port: config.HTTP_PORT },
      },
      close: credentials.close,
    };
  },
});

if (import.meta.main) await run(serviceA);
