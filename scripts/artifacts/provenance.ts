import type { Build } from './build.ts';

/**
 * Where an image comes from, as SLSA's provenance v1: the commit, the parameters and the run of the
 * pipeline. What makes it trustworthy is the identity that signs it.
 *
 * https://slsa.dev/spec/v1.1/provenance
 */
export function provenance(
  { service, revision, version, platforms, startedAt }: Build,
  environment: NodeJS.ProcessEnv = process.env,
): string {
  const {
    GITHUB_SERVER_URL: server = 'https://github.com',
    GITHUB_REPOSITORY: repository,
    GITHUB_REF: ref,
    GITHUB_WORKFLOW_REF: workflow,
    GITHUB_RUN_ID: run,
    GITHUB_RUN_ATTEMPT: attempt,
  } = environment;
  const source = repository ? `git+${server}/${repository}` : 'git+file:local';
  return JSON.stringify({
    buildDefinition: {
      buildType: 'https://github.com/my-org/my-app/blob/main/scripts/artifacts/build.ts',
      externalParameters: { service, version, platforms, ...(ref && { ref }) },
      resolvedDependencies: [
        { uri: `${source}@${ref ?? 'HEAD'}`, digest: { gitCommit: revision } },
      ],
    },
    runDetails: {
      builder: { id: workflow ? `${server}/${workflow}` : 'local' },
      metadata: {
        ...(run && {
          invocationId: `${server}/${repository}/actions/runs/${run}/attempts/${attempt}`,
        }),
        startedOn: startedAt.toISOString(),
        finishedOn: new Date().toISOString(),
      },
    },
  });
}
