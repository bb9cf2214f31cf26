import { requireCluster } from '@my-app/test-support/cluster/cluster';
import { run } from '@my-app/test-support/cluster/command';
import { images } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { application, state } from './support/argocd.ts';
import { branch } from './support/git.ts';
import { openPullRequests, startGitHub, stopGitHub } from './support/github.ts';
import { seconds } from './support/production.ts';

const found = (kind: string, ...args: string[]) =>
  run('kubectl', ['get', kind, ...args, '--ignore-not-found', '-o', 'name']);

beforeAll(startGitHub);
afterAll(stopGitHub);

test('a pull request has a preview in a namespace with limits until it is closed', async () => {
  const commit = await branch('pull-7', 'deploy/environments/preview.yaml', (text) => text);
  await tagImages(commit);
  await openPullRequests({ 7: commit });
  const took = await seconds(
    eventually(async () => expect(await state('pr-7')).toBe('Synced Healthy'), {
      withinMs: 600_000,
    }),
  );
  console.log(`from the pull request to its preview: ${took} s`);
  const there = ['--namespace', 'my-app-pr-7'];
  const running = await run('kubectl', ['get', 'deployments', ...there, '-o', 'yaml']);
  expect(running).toContain(`service-b:${commit}`);
  expect(await found('resourcequota,limitrange', ...there)).toMatch(
    /resourcequota.*\n.*limitrange/,
  );
  const namespace = await run('kubectl', ['get', 'namespace', 'my-app-pr-7', '-o', 'yaml']);
  expect(namespace).toContain('pod-security.kubernetes.io/enforce: restricted');

  await close(7);
});

test('a pull request cannot grant itself permissions', async () => {
  const role = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: all}\n';
  const rules = 'rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]\n';
  const commit = await branch('pull-8', 'charts/my-app/templates/role.yaml', () => role + rules);
  await openPullRequests({ 8: commit });
  await eventually(
    async () => {
      const { status } = await application('pr-8');
      expect(JSON.stringify(status)).toMatch(/rbac.authorization.k8s.io:?.*Role is not permitted/);
    },
    { withinMs: 120_000 },
  );
  expect(await found('roles', '--namespace', 'my-app-pr-8')).toBe('');
  // Its sync is retried meanwhile.
  await close(8);
});

async function close(number: number): Promise<void> {
  await openPullRequests({});
  const took = await seconds(
    eventually(
      async () => {
        expect(await found('namespace', `my-app-pr-${number}`)).toBe('');
        expect(await found('applications', '--namespace', 'argocd')).not.toContain(`pr-${number}`);
      },
      { withinMs: 180_000 },
    ),
  );
  console.log(`from closing the pull request until all is gone: ${took} s`);
}

async function tagImages(commit: string): Promise<void> {
  const { registry } = await requireCluster();
  for (const image of Object.values(images())) {
    const pushed = image.replace(registry?.pull ?? '', registry?.push ?? '');
    const tagged = pushed.replace(/:[^:/]+$/, `:${commit}`);
    await run('docker', ['tag', pushed, tagged]);
    await run('docker', ['push', '--quiet', tagged]);
  }
}
