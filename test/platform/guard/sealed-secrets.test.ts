import { atEnd } from '@my-app/test-support/cleanup';
import { run } from '@my-app/test-support/cluster/command';
import { namespace } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { apply, get, kubectl } from '@my-app/test-support/cluster/kubectl';
import { expect, test } from 'vitest';
import { conditionOf } from './support/conditions.ts';
import { commandsIn } from './support/docs.ts';

/** Seals as docs/secrets.md says, for a namespace. */
async function seal(name: string, to: string): Promise<{ metadata: object }> {
  const script = commandsIn('secrets.md', 'kubectl create secret')
    .replace(/>.*/s, '')
    .replaceAll('my-app-production', to)
    .replaceAll('alerting', name)
    .replaceAll('yaml', 'json');
  return JSON.parse(await run('sh', ['-ec', script]));
}

async function applied(name: string, sealed: { metadata: object }): Promise<string> {
  atEnd(() => kubectl('delete', `sealedsecret/${name}`));
  await apply(sealed);
  return eventually(
    async () => {
      const condition = await conditionOf(`sealedsecret/${name}`, 'Synced');
      expect(condition).toMatch(/^(True|False)/);
      return condition;
    },
    { withinMs: 30_000 },
  );
}

test('a secret sealed for this namespace is unsealed', async () => {
  const sealed = await seal('sealed-here', namespace);
  expect(JSON.stringify(sealed)).not.toContain('hooks.slack.com');
  expect(await applied('sealed-here', sealed)).toMatch(/^True/);
  const { data } = await get<{ data: Record<string, string> }>('secret/sealed-here');
  expect(`${Buffer.from(data['slack-url'] ?? '', 'base64')}`).toMatch(/^https:\/\/hooks.slack.com/);
});

test('a secret sealed for another namespace stays sealed', async () => {
  const sealed = await seal('sealed-elsewhere', 'my-app-elsewhere');
  const moved = JSON.parse(JSON.stringify(sealed).replaceAll('my-app-elsewhere', namespace));
  expect(await applied('sealed-elsewhere', moved)).toMatch(/^False.*no key could decrypt secret/);
  await expect(get('secret/sealed-elsewhere')).rejects.toThrow('NotFound');
});
