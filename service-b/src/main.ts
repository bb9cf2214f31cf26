import '@my-app/service-kit/signals'; // first: see handle-signals.ts

import { GreetingServiceService } from '@my-app/proto/greeting/v1/greeting';
import { createGrpcClient } from '@my-app/service-kit/grpc/client';
import { loadCredentials } from '@my-app/service-kit/grpc/tls';
import { createHttpClient, createHttpServer } from '@my-app/service-kit/http';
import { defineService, run } from '@my-app/service-kit/runtime';
import manifest from '../package.json' with { type: 'json' };
import { pingHttp } from './ping.http.ts';
import { serviceAProxy } from './service-a.proxy.ts';
import { settings } from './settings.ts';

/** Service B: calls Service A over gRPC, and proxies requests to its HTTP API. */
export const serviceB = defineService({
  name: 'service-b',
  settings,
  async build({ config, logger, metrics, readiness }) {
    const credentials = await loadCredentials(config, { logger, metrics });

    const limits = {
      deadlineMs: config.SERVICE_A_DEADLINE_MS,
      attemptTimeoutMs: config.SERVICE_A_ATTEMPT_TIMEOUT_MS,
    };
    const grpc = createGrpcClient(GreetingServiceService, {
      name: 'service-a',
      address: config.SERVICE_A_GRPC_ADDRESS,
      credentials: credentials.channel,
      logger,
      metrics,
      ...limits,
    });
    const httpClient = createHttpClient({
      name: 'service-a-http',
      url: config.SERVICE_A_HTTP_URL,
      logger,
      metrics,
      ...limits,
    });

    const http = createHttpServer({
      logger,
      metrics,
      readiness,
      api: {
        title: 'Service B',
        description: 'Calls Service A over gRPC, and proxies /service_a/* to its HTTP API.',
        version: manifest.version,
      },
      routes: [pingHttp(grpc), serviceAProxy(httpClient, config.SERVICE_A_HTTP_URL)],
      trustedProxies: config.TRUSTED_PROXIES,
    });

    return {
      servers: { http: { server: http, port: config.HTTP_PORT } },
      close() {
        grpc.close();
        httpClient.close();
        credentials.close();
      },
    };
  },
});

if (import.meta.main) await run(serviceB);
