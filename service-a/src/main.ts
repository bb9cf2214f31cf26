import { fileDescriptions } from '@my-app/proto/descriptors';
import { GrpcServer, loadCredentials } from '@my-app/service-kit/grpc';
import { closeHttp, createHttpServer, listenHttp } from '@my-app/service-kit/http';
import type { Service } from '@my-app/service-kit/runtime';
import { run } from '@my-app/service-kit/runtime';
import manifest from '../package.json' with { type: 'json' };
import { Faults } from './faults.ts';
import { GreetingServiceService, greetingGrpc } from './greeting.grpc.ts';
import { greetingHttp } from './greeting.http.ts';
import { settings } from './settings.ts';

/** Service A: a greeting, over gRPC and over HTTP. */
export const serviceA: Service<(typeof settings)['properties']> = {
  name: 'service-a',
  settings,
  async start({ config, logger, metrics, readiness }) {
    const faults = new Faults(config.FAULT_DELAY_MS, config.FAULT_ERROR_RATE);
    if (faults.active) {
      logger.warn({ faults: faults.description }, 'fault injection is on');
      readiness.note('faults', faults.description);
    }
    const credentials = await loadCredentials(config, { logger, metrics });

    const grpc = new GrpcServer({
      services: [
        {
          definition: GreetingServiceService,
          implementation: greetingGrpc(faults, { logger, metrics }),
        },
      ],
      files: fileDescriptions,
      readiness,
      credentials: credentials.server,
      maxConnectionAgeMs: config.GRPC_MAX_CONNECTION_AGE_MS,
    });

    const http = await createHttpServer({
      logger,
      metrics,
      readiness,
      api: {
        title: 'Service A',
        description: 'A greeting. The same is served over gRPC as greeting.v1.GreetingService.',
        version: manifest.version,
      },
    });
    greetingHttp(http, faults);

    return {
      ports: {
        grpc: await grpc.listen(config.HOST, config.GRPC_PORT),
        http: await listenHttp(http, config.HOST, config.HTTP_PORT),
      },
      async close() {
        await Promise.all([grpc.close(metrics), closeHttp(http)]);
        credentials.close();
      },
    };
  },
};

if (import.meta.main) await run(serviceA);
