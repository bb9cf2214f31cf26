import { defineConfig } from 'vitest/config';

process.env.E2E_NAMESPACE = 'my-app-guarded';
process.env.E2E_RELEASE = 'my-app';

/** `npm run e2e:guard`: on a KinD cluster with cert-manager, External Secrets, OpenBao, Sealed Secrets and the VPA. */
export default defineConfig({
  test: {
    include: ['e2e/guard/*.e2e.ts'],
    globalSetup: 'e2e/guard/setup.ts',
    setupFiles: 'e2e/support/setup.ts',
    fileParallelism: false,
    reporters: ['verbose'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
