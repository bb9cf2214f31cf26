import { defineConfig } from 'vitest/config';

process.env.E2E_NAMESPACE = 'my-app-meshed';
process.env.E2E_RELEASE = 'my-app';

/** `npm run e2e:mesh`: on a KinD cluster with Istio. */
export default defineConfig({
  test: {
    include: ['e2e/mesh/*.e2e.ts'],
    globalSetup: 'e2e/mesh/setup.ts',
    setupFiles: 'e2e/support/setup.ts',
    fileParallelism: false,
    reporters: ['verbose'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
