import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { affectedServices } from './services.ts';
import { readWorkspaces, type Workspace } from './workspaces.ts';

const workspaces: Workspace[] = [
  { folder: 'proto', name: '@x/proto', dependencies: ['@grpc/grpc-js'], isService: false },
  { folder: 'kit', name: '@x/kit', dependencies: ['@x/proto', 'pino'], isService: false },
  { folder: 'http-kit', name: '@x/http-kit', dependencies: ['fastify'], isService: false },
  { folder: 'service-a', name: '@x/service-a', dependencies: ['@x/kit'], isService: true },
  {
    folder: 'service-b',
    name: '@x/service-b',
    dependencies: ['@x/kit', '@x/http-kit'],
    isService: true,
  },
];

const both = ['service-a', 'service-b'];

describe('the services that a change concerns', () => {
  test.each<[string, string[], string[]]>([
    ['nothing', [], []],
    ['source of one service', ['service-a/src/greeting.ts'], ['service-a']],
    ['its Dockerfile', ['service-b/Dockerfile'], ['service-b']],
    ['its dependencies', ['service-b/package.json'], ['service-b']],
    ['its tests', ['service-a/test/greeting.test.ts'], []],
    ['both services, in any order', ['service-b/src/main.ts', 'service-a/src/main.ts'], both],
    ['the contract, which both use through the kit', ['proto/greeting/v1/greeting.proto'], both],
    ['a workspace that only one service uses', ['http-kit/src/server.ts'], ['service-b']],
    ['a workspace that both use', ['kit/src/logging.ts'], both],
    ['the lockfile', ['package-lock.json'], both],
    ['how images are bundled', ['scripts/bundle.ts'], both],
    ['what goes into the build context', ['.dockerignore'], both],
    ['the chart of one service', ['charts/my-app/charts/service-a/values.yaml'], ['service-a']],
    ['the library chart', ['charts/my-app/charts/common/templates/_probes.tpl'], both],
    ['the umbrella chart', ['charts/my-app/values.yaml'], both],
    ['tests of the chart', ['charts/my-app/tests/image_test.yaml'], []],
    ['the pipeline', ['.github/workflows/ci.yml'], both],
    ['a file that nobody thought of', ['new-build-input.json'], both],
    ['documents', ['README.md', 'service-a/README.md', 'charts/my-app/README.md', 'LICENSE'], []],
    ['tests of the cluster, which run on it', ['e2e/rollout.test.ts'], both],
    ['an environment', ['deploy/environments/production.yaml'], both],
    ['the scans, which run on every change', ['scripts/scan/scans.ts', '.semgrep/grpc.yaml'], []],
    ['documents and a service', ['README.md', 'service-a/src/main.ts'], ['service-a']],
    ['a folder whose name starts like a service', ['service-ab/src/main.ts'], both],
  ])('%s', (_, files, services) => {
    expect(affectedServices(files, workspaces)).toEqual(services);
  });

  test('are worked out for the workspaces of this repository', () => {
    const own = readWorkspaces(join(import.meta.dirname, '../..'));
    expect(affectedServices(['proto/greeting/v1/greeting.proto'], own)).toEqual(both);
    expect(affectedServices(['service-kit/src/runtime/logging.ts'], own)).toEqual(both);
    expect(affectedServices(['service-b/src/ping.http.ts'], own)).toEqual(['service-b']);
  });
});
