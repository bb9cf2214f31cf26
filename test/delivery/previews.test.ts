import { run } from '@my-app/test-support/cluster/command';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { application, state } from './support/argocd.ts';
import { branch } from './support/git.ts';
import { openPullRequests, startGitHub, stopGitHub } from './support/github.ts';
import { publishPreview } from './support/images.ts';
import { seconds } from './support/production.ts';

const found = (kind: string, ...args: string[]) =>
  run('kubectl', ['get', kind, ...args, '--ignore-not-found', '-o', 'name']);

beforeAll(startGitHub);
afterAll(stopGitHub);

test('a pull request has a preview in a namespace with limits until it is closed', async () => {
  const commit = await branch('pull-7', 'README.md', (text) => `${text}\nA pull request.\n`);
  await publishPreview(commit);
  await openPullRequests({ 7: commit });
  const took = await seconds(
    eventually(async () => expect(await state('pr-7')).toBe('Synced Healthy'), {
      withinMs: 600_000,
    }),
  );
  console.log(`from the pull request to its preview: ${took} s`);
  const there = ['--namespace', 'my-app-pr-7'];
  const running = await run('kubectl', ['get', 'deployments', ...there, '-o', 'yaml']);
  expect(running).toContain(`ghcr.io/my-org/my-app/service-b:${commit}`);
  const limits = await found('resourcequota,limitrange,networkpolicy', ...there);
  expect(limits.trim().split('\n').sort()).toEqual([
    'limitrange/preview',
    'networkpolicy.networking.k8s.io/preview',
    'networkpolicy.networking.k8s.io/service-a',
    'networkpolicy.networking.k8s.io/service-b',
    'resourcequota/preview',
  ]);
  const namespace = await run('kubectl', ['get', 'namespace', 'my-app-pr-7', '-o', 'yaml']);
  expect(namespace).toContain('pod-security.kubernetes.io/enforce: restricted');
  expect(await pinged('my-app-pr-7')).toContain('Hello from Service A!');
  await close(7);
});

test('a pull request can neither grant itself permissions nor open its network', async () => {
  const role = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: all}\n';
  const rules = 'rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]\n';
  const policy = 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: all}\n';
  const open = 'spec: {podSelector: {}, ingress: [{}], egress: [{}]}\n';
  const attack = `${role}${rules}---\n${policy}${open}`;
  const commit = await branch('pull-8', 'charts/my-app/templates/attack.yaml', () => attack);
  await publishPreview(commit);
  await openPullRequests({ 8: commit });
  await eventually(
    async () => {
      const status = JSON.stringify((await application('pr-8')).status);
      expect(status).toMatch(/rbac.authorization.k8s.io:?.*Role is not permitted/);
      expect(status).toMatch(/networking.k8s.io:?.*NetworkPolicy is not permitted/);
    },
    { withinMs: 120_000 },
  );
  expect(await found('roles', '--namespace', 'my-app-pr-8')).toBe('');
  expect(await found('networkpolicy/all', '--namespace', 'my-app-pr-8')).toBe('');
  // Its sync is retried meanwhile.
  await close(8);
});

test('a pull request without push access to the registry, as from a fork, gets no preview', async () => {
  const commit = await branch('pull-9', 'README.md', (text) => `${text}\nFrom a fork.\n`);
  await openPullRequests({ 9: commit });
  await eventually(
    async () => {
      const status = JSON.stringify((await application('pr-9')).status);
      expect(status).toMatch(new RegExp(`0\\.0\\.0-g${commit}: not found.*ComparisonError`));
    },
    { withinMs: 120_000 },
  );
  expect(await found('pods', '--namespace', 'my-app-pr-9')).toBe('');
  await close(9);
});

/** The answer of a preview's Service B, through its API server's proxy: B reaches A. */
const pinged = (namespace: string) =>
  run('kubectl', [
    ...['get', '--raw'],
    `/api/v1/namespaces/${namespace}/services/my-app-service-b:8012/proxy/ping_service_a`,
  ]);

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
