import { defineConfig } from 'vitest/config';

process.env.E2E_NAMESPACE = 'my-app-observed';
process.env.E2E_RELEASE = 'my-app';

/** `npm run e2e:observability`: on a KinD cluster with Prometheus, Alertmanager, a collector, Jaeger and VictoriaLogs. */
export default defineConfig({
  test: {
    include: ['e2e/observability/*.e2e.ts'],
    globalSetup: 'e2e/observability/setup.ts',
    fileParallelism: false,
    reporters: ['verbose'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
