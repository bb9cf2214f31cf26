import { expect, test } from 'vitest';
import { provenance } from './provenance.ts';

const build = {
  service: 'service-a',
  version: '1.2.0',
  revision: 'c0ffee',
  platforms: ['linux/amd64', 'linux/arm64'],
  startedAt: new Date('2026-01-02T03:04:05Z'),
};

test('tells the commit, the workflow and the run of the pipeline', () => {
  const environment = {
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: 'my-org/my-app',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_WORKFLOW_REF: 'my-org/my-app/.github/workflows/ci.yml@refs/heads/main',
    GITHUB_RUN_ID: '7',
    GITHUB_RUN_ATTEMPT: '2',
  };
  expect(JSON.parse(provenance(build, environment))).toMatchObject({
    buildDefinition: {
      externalParameters: { service: 'service-a', version: '1.2.0', ref: 'refs/heads/main' },
      resolvedDependencies: [
        {
          uri: 'git+https://github.com/my-org/my-app@refs/heads/main',
          digest: { gitCommit: 'c0ffee' },
        },
      ],
    },
    runDetails: {
      builder: { id: 'https://github.com/my-org/my-app/.github/workflows/ci.yml@refs/heads/main' },
      metadata: {
        invocationId: 'https://github.com/my-org/my-app/actions/runs/7/attempts/2',
        startedOn: '2026-01-02T03:04:05.000Z',
      },
    },
  });
});

test('does not pretend that a person is the pipeline', () => {
  expect(JSON.parse(provenance(build, {})).runDetails.builder).toEqual({ id: 'local' });
});
