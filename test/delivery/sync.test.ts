import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '@my-app/test-support/cluster/command';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { beforeAll, expect, test } from 'vitest';
import { application, state } from './support/argocd.ts';
import { change } from './support/git.ts';
import { seconds } from './support/production.ts';

const kubectl = (...args: string[]) => run('kubectl', ['--namespace', 'my-app-staging', ...args]);
const field = (object: string, path: string) => kubectl('get', object, '-o', `jsonpath={${path}}`);

beforeAll(async () => {
  await eventually(async () => expect(await state('staging')).toBe('Synced Healthy'), {
    withinMs: 600_000,
  });
});

test('an environment runs the digests of its release file, in a restricted namespace', async () => {
  expect(
    await field('deployments,rollouts', '.items[*].spec.template.spec.containers[*].image'),
  ).toMatch(/^\S+\/service-a@sha256:\w{64} \S+\/service-b@sha256:\w{64}$/);
  expect(await field('namespace/my-app-staging', '.metadata.labels')).toContain(
    '"pod-security.kubernetes.io/enforce":"restricted"',
  );
});

test('a commit is deployed without a command', async () => {
  const level = () =>
    field('deployments,rollouts', '.items[*].spec.template.spec.containers[*].env');
  await change('staging', 'Log more', { global: { config: { LOG_LEVEL: 'debug' } } });
  const took = await seconds(
    eventually(async () => expect((await level()).match(/"debug"/g)).toHaveLength(2), {
      withinMs: 120_000,
    }),
  );
  console.log(`from the commit to the cluster: ${took} s`);
});

test('manual edits and deletions are reverted', async () => {
  await kubectl('set', 'env', 'deployment,rollout', '--all', 'LOG_LEVEL=silent').catch(() => {});
  await kubectl(
    'patch',
    'service/my-app-service-b',
    '--patch',
    '{"spec":{"ports":[{"port":8012,"name":"http","targetPort":1}]}}',
  );
  await kubectl('delete', 'service', 'my-app-service-a');
  await eventually(
    async () => {
      expect(await field('service/my-app-service-a', '.spec.ports[0].targetPort')).toBe('http');
      expect(await field('service/my-app-service-b', '.spec.ports[*].targetPort')).toBe('http');
    },
    { withinMs: 120_000 },
  );
});

test('does not sync again without a change, nor because of an autoscaler', async () => {
  await eventually(async () => expect(await state('staging')).toBe('Synced Healthy'), {
    withinMs: 600_000,
  });
  await kubectl(
    'patch',
    'hpa/my-app-service-b',
    '--subresource=status',
    '--type=merge',
    '--patch',
    '{}',
  );
  const before = await application('staging');
  const states = new Set<string>();
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(1000)) {
    states.add(await state('staging'));
  }
  expect([...states]).toEqual(['Synced Healthy']);
  const after = await application('staging');
  assert.deepEqual(after.status?.operationState, before.status?.operationState);
});
