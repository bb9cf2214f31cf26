import { defineConfig } from 'vitest/config';

// The namespace and release that the load generator and the helpers of e2e/support use.
process.env.E2E_NAMESPACE = 'my-app-production';
process.env.E2E_RELEASE = 'my-app';

/** `npm run e2e:delivery`: on a KinD cluster with the controllers of docs/delivery.md and a git server. */
export default defineConfig({
  test: {
    include: ['e2e/delivery/*.e2e.ts'],
    globalSetup: 'e2e/delivery/setup.ts',
    fileParallelism: false,
    reporters: ['verbose'],
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
