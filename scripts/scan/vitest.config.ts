import { defineConfig } from 'vitest/config';

/** `npm run scan:test`: apart from `npm test`, because it needs the scanners. */
export default defineConfig({
  test: { include: ['scripts/scan/*.spec.ts'], testTimeout: 120_000, hookTimeout: 30_000 },
});
