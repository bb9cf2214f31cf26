import { defineConfig } from 'vitest/config';

/** Started by `npm run e2e`, which deploys what is tested. */
export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    globalSetup: 'e2e/support/install.ts',
    setupFiles: 'e2e/support/setup.ts',
    reporters: ['verbose'],
    // One release, one after the other: what one test does to it, another would see.
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
