import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests that share a cluster: one file after another. mise tasks set E2E_NAMESPACE and E2E_RELEASE, where they run. */
const onCluster = (name: string, folder: string, minutes: number, ...globalSetup: string[]) => ({
  extends: true as const,
  test: {
    name,
    include: [`${folder}/*.test.ts`],
    globalSetup,
    setupFiles: 'test/support/cluster/setup.ts',
    fileParallelism: false,
    testTimeout: minutes * 60_000,
    hookTimeout: minutes * 60_000,
  },
});

/** Alerts of the rehearsal last for minutes, so it follows the test that expects none: files of a cluster run by name. */
class ByName extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLocal = files.some(({ project }) => ['unit', 'process'].includes(project.name));
    if (isLocal) return super.sort(files);
    return files.sort((one, other) => one.moduleId.localeCompare(other.moduleId));
  }
}

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    sequence: { sequencer: ByName },
    coverage: {
      provider: 'v8',
      include: ['service-*/src/**/*.ts'],
      reporter: ['text', 'lcov'],
      thresholds: { lines: 95, branches: 95 },
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'service-*/test/**/*.test.ts',
            'tools/{check,dashboards,dev,release}/**/*.test.ts',
          ],
        },
      },
      { extends: true, test: { name: 'process', include: ['test/process/*.test.ts'] } },
      {
        extends: true,
        test: { name: 'planted-faults', include: ['tools/scan/*.test.ts'], testTimeout: 300_000 },
      },
      // What helm and kubectl make of deploy/: `mise run chart`.
      {
        extends: true,
        test: { name: 'rendered', include: ['test/rendered/*.test.ts'], testTimeout: 120_000 },
      },
      onCluster('cluster', 'test/cluster', 3, 'test/support/cluster/install.ts'),
      onCluster('recipes', 'test/recipes', 5, 'test/support/cluster/install.ts'), // of a clone
      onCluster('delivery', 'test/delivery', 15, 'test/delivery/setup.ts'), // ring: argocd
      // ring: platform begin
      onCluster('signatures', 'test/platform/signatures', 3),
      onCluster('guard', 'test/platform/guard', 5, 'test/platform/guard/setup.ts'),
      onCluster('mesh', 'test/platform/mesh', 5, 'test/platform/mesh/setup.ts'),
      onCluster(
        'observability',
        'test/platform/observability',
        5,
        'test/platform/observability/setup.ts',
      ),
      // ring: platform end
    ],
  },
});
