import { release } from '@my-app/test-support/cluster/environment';
import { kubectl } from '@my-app/test-support/cluster/kubectl';
import { onePod, pods } from '@my-app/test-support/cluster/pods';
import { beforeAll, expect, test } from 'vitest';
import { restart } from '../production.ts';

const as = (group: string) => ['--as=somebody', `--as-group=${group}`];
const viewer = as('my-app-viewers');
const operator = as('my-app-operators');
const forward = 'create pods/portforward';
const rollout = `rollout/${release}-service-a`;

beforeAll(() => kubectl('apply', '--filename', 'deploy/access'));

const look = [
  'get pods',
  'get pods/log',
  'list events',
  'get deployments',
  'get rollouts.argoproj.io/scale',
  'watch rollouts.argoproj.io',
];
const act = [
  'patch deployments',
  'patch deployments/scale',
  'delete pods',
  'create pods/eviction',
  'patch rollouts.argoproj.io',
  'patch rollouts.argoproj.io/status',
  'patch rollouts.argoproj.io/scale',
];
const never = [
  'get secrets',
  'create pods',
  'create pods/exec',
  'create pods/attach',
  'patch pods/ephemeralcontainers',
  'create serviceaccounts/token',
  'delete deployments',
  'patch services',
  'delete networkpolicies.networking.k8s.io',
  'create rolebindings.rbac.authorization.k8s.io',
  'patch certificates.cert-manager.io',
  'patch externalsecrets.external-secrets.io',
];

test.each([
  ['a viewer', viewer, look, [...act, forward, ...never]],
  ['an operator', operator, [...look, ...act], [forward, ...never]],
  ['a diagnostician', as('my-app-diagnosticians'), ['get pods', forward], [...act, ...never]],
  ['somebody else', as('others'), [], [...look, ...act, forward, ...never]],
])('%s has the permissions of the roles and no others', async (_, who, allowed, denied) => {
  const answers = async (rights: string[]) =>
    Promise.all(
      rights.map(async (right) => {
        const [verb = '', resource = ''] = right.split(' ');
        const [type = '', subresource] = resource.split('/');
        const sub = subresource ? [`--subresource=${subresource}`] : [];
        const ask = kubectl('auth', 'can-i', verb, type, ...sub, ...who);
        return `${right}: ${(await ask.catch(({ message }) => message)).trim().split(/\s/).at(-1)}`;
      }),
    );
  expect(await answers(allowed)).toEqual(allowed.map((right) => `${right}: yes`));
  expect(await answers(denied)).toEqual(denied.map((right) => `${right}: no`));
});

test('a viewer can read logs, but not change anything or read secrets', async () => {
  const { metadata } = await onePod('service-a');
  await kubectl('logs', metadata.name, ...viewer);
  const attempts = [
    ['patch', rollout, '--type=merge', '--patch', '{"spec":{"paused":true}}'],
    ['scale', rollout, '--replicas=1'],
    ['delete', `pod/${metadata.name}`],
    ['get', 'secrets'],
    ['exec', metadata.name, '--', '/nodejs/bin/node', '--version'],
  ];
  for (const attempt of attempts) {
    await expect(kubectl(...viewer, ...attempt), attempt.join(' ')).rejects.toThrow('orbidden');
  }
});

test('an operator can restart and scale, but not read secrets or enter containers', async () => {
  const { metadata } = await onePod('service-a');
  await restart('service-a', ...operator);
  await kubectl('scale', rollout, '--replicas=3', ...operator);
  const all = await pods('service-a');
  expect(all.map((pod) => pod.metadata.name)).not.toContain(metadata.name);
  for (const attempt of [
    ['get', 'secrets'],
    ['exec', all[0]?.metadata.name ?? '', '--', '/nodejs/bin/node', '--version'],
    ['delete', rollout],
  ]) {
    await expect(kubectl(...operator, ...attempt), attempt.join(' ')).rejects.toThrow('orbidden');
  }
});
