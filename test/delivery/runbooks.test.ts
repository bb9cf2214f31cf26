import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@my-app/test-support/cluster/command';
import { namespace, release } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { kubectl } from '@my-app/test-support/cluster/kubectl';
import { onePod } from '@my-app/test-support/cluster/pods';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commands, operatorRules, permissionsFor } from '../../tools/check/runbooks.ts';
import { state } from './support/argocd.ts';
import { change } from './support/git.ts';
import { strategy } from './support/values.ts';

const folder = mkdtempSync(join(tmpdir(), 'my-app-operator-'));
const kubeconfig = join(folder, 'config');
const looks = /^(\w+=|kubectl (get|describe|logs|top|config|argo rollouts (get|status)) )/;

/** Runs a command as an operator on call. */
const asOperator = (command: string) =>
  run('env', [`KUBECONFIG=${kubeconfig}`, 'bash', '-ec', command]);

beforeAll(async () => {
  await change('production', 'Rollouts', strategy('canary'));
  await eventually(
    async () => {
      expect(await kubectl('get', 'rollouts', '--output=name')).toContain('service-b');
      expect(await state('production')).toBe('Synced Healthy');
    },
    { withinMs: 600_000 },
  );
  await kubectl('apply', '--filename', 'deploy/access');
  const view = ['config', 'view', '--minify', '--flatten', '--raw', '--output=json'];
  const config = JSON.parse(await run('kubectl', view));
  Object.assign(config.users[0].user, { as: 'somebody', 'as-groups': ['my-app-operators'] });
  config.contexts[0].context.namespace = namespace;
  writeFileSync(kubeconfig, JSON.stringify(config));
});

afterAll(() => rmSync(folder, { recursive: true }));

test('an operator has the permissions for every command of the runbooks', async () => {
  const rules = operatorRules();
  const needed = commands()
    .flatMap(({ command }) => permissionsFor(command, rules))
    .map(({ verb, group, resource }) => {
      const [type, subresource] = resource.split('/');
      const name = group ? `${type}.${group}` : type;
      return `${verb} ${name}${subresource ? ` --subresource=${subresource}` : ''}`;
    });
  for (const permission of new Set(needed)) {
    const command = `kubectl auth can-i ${permission} --namespace ${namespace}`;
    expect(await asOperator(command), permission).toBe('yes\n');
  }
});

// No container has restarted here, so that none has logs of before.
test.each(commands().filter(({ command }) => looks.test(command)))(
  '$page: `$command` runs in production',
  async ({ command }) => {
    const { metadata } = await onePod('service-b');
    const variables = `namespace=${namespace} release=${release} service=service-b`;
    const [first = ''] = command.replace(' --previous', '').split(' | ');
    await asOperator(`${variables}\n${first.replaceAll('POD', metadata.name)}`);
  },
);
