import { loadCredentials } from '@my-app/service-kit/grpc';
import { closeHttp, createHttpServer, listenHttp } from '@my-app/service-kit/http';
import type { Service } from '@my-app/service-kit/runtime';
import { run } from '@my-app/service-kit/runtime';
import manifest from '../package.json' with { type: 'json' };
import { pingHttp } from './ping.http.ts';
import { createServiceAClient } from './service-a.client.ts';
import { serviceAProxy } from './service-a.proxy.ts';
import { settings } from './settings.ts';

/** Service B: calls Service A over gRPC, and passes requests through to its HTTP API. */
export const serviceB: Service<(typeof settings)['properties']> = {
  name: 'service-b',
  settings,
  async start({ config, logger, metrics, readiness }) {
    const credentials = await loadCredentials(config, { logger, metrics });

    const serviceA = createServiceAClient({
      address: config.SERVICE_A_GRPC_ADDRESS,
      credentials: credentials.channel,
      deadlineMs: config.SERVICE_A_DEADLINE_MS,
      attemptTimeoutMs: config.SERVICE_A_ATTEMPT_TIMEOUT_MS,
      logger,
      metrics,
    });

    const http = await createHttpServer({
      logger,
      metrics,
      readiness,
      api: {
        title: 'Service B',
        description: 'Calls Service A over gRPC; /service_a/* is passed through to its HTTP API.',
        version: manifest.version,
      },
    });
    pingHttp(http, serviceA);
    await serviceAProxy(http, {
      url: config.SERVICE_A_HTTP_URL,
      deadlineMs: config.SERVICE_A_DEADLINE_MS,
      metrics,
    });

    return {
      ports: { http: await listenHttp(http, config.HOST, config.HTTP_PORT) },
      async close() {
        await closeHttp(http);
        serviceA.close();
        credentials.close();
      },
    };
  },
};

if (import.meta.main) await run(serviceB);
