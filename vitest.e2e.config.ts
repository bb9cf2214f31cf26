import { defineConfig } from 'vitest/config';

/** Used by `npm run e2e`, which builds the images and creates the namespace. */
export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    globalSetup: 'e2e/support/install.ts',
    setupFiles: 'e2e/support/setup.ts',
    reporters: ['verbose'],
    // Test files share one release, so they run one after another.
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
