import { randomBytes } from 'node:crypto';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Another one each time: Prometheus remembers what the run before it did.
process.env.E2E_NAMESPACE ??= `my-app-observed-${randomBytes(3).toString('hex')}`;
process.env.E2E_RELEASE = 'my-app';

/** By name: the rehearsal comes last, as its alerts go on for minutes and the test before it is about silence. */
class ByName extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.sort((one, other) => one.moduleId.localeCompare(other.moduleId));
  }
}

/** `npm run e2e:observability`: on a KinD cluster with Prometheus, Alertmanager, a collector, Jaeger and VictoriaLogs. */
export default defineConfig({
  test: {
    include: ['e2e/observability/*.e2e.ts'],
    globalSetup: 'e2e/observability/setup.ts',
    fileParallelism: false,
    sequence: { sequencer: ByName },
    reporters: ['verbose'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
