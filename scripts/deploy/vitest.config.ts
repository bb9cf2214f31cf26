import { defineConfig } from 'vitest/config';

/** On the KinD cluster of kubectl's context and its registry: `npm run test:deploy`. */
export default defineConfig({
  test: {
    include: ['scripts/{deploy,artifacts}/**/*.e2e.ts'],
    // The load of the e2e tests, on a release of these tests.
    env: { E2E_NAMESPACE: 'my-app-deploy-test-production', E2E_RELEASE: 'my-app' },
    fileParallelism: false,
    reporters: ['verbose'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
