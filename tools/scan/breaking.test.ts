import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { root } from '../services.ts';

const document = 'service-a/openapi.json';
const proto = 'proto/greeting/v1/greeting.proto';
const addition = ['"/greeting": {', '"/new": { "get": { "responses": {} } }, "/greeting": {'];

test.for([
  ['an unchanged contract', proto, ['', ''], 0],
  ['a new field', proto, ['string message = 1;', 'string message = 1; string more = 2;'], 0],
  ['a renamed field', proto, ['string message = 1;', 'string text = 1;'], 1],
  ['a new path', document, addition, 0],
  ['a removed path', document, ['"/greeting": {', '"/other": {'], 1],
  ['another pattern', document, ['"pattern": "', '"pattern": "a'], 1],
  ['a property that is no longer required', document, ['"message"\n', '"other"\n'], 1],
] as const)('%s', ([, file, [before, after], status]) => {
  const { edit, breaking } = repository();
  edit(file, before, after);
  expect(breaking()).toMatchObject({ status });
});

test('a service without its document', () => {
  const { folder, breaking } = repository();
  rmSync(join(folder, document));
  expect(breaking()).toMatchObject({ status: 1, stdout: `${document} was removed\n` });
});

test('a trailer of a commit allows it, and is shown', () => {
  const { edit, commit, breaking } = repository();
  edit(document, '"/greeting": {', '"/other": {');
  commit('Greet elsewhere\n\nBreaking-Change: nobody called it');
  const result = breaking();
  expect(result.status).toBe(0);
  expect(result.stdout).toContain('allows it: nobody called it');
});

test('a check that cannot run fails, whatever the trailer', () => {
  const { edit, commit, breaking } = repository();
  edit(document, '{', '');
  commit('Broken\n\nBreaking-Change: yes');
  expect(breaking().status).toBeGreaterThan(1);
});

/** A repository with the contracts of this one in `main`, and the check. */
function repository() {
  const folder = mkdtempSync(join(tmpdir(), 'breaking-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const git = (...args: string[]) => {
    const author = ['-c', 'user.name=a', '-c', 'user.email=a@b.c'];
    execFileSync('git', [...author, ...args], { cwd: folder });
  };
  const commit = (message: string): void => {
    git('add', '--all');
    git('commit', '--quiet', '--message', message);
  };
  for (const file of ['tools/check/breaking', 'proto/buf.yaml', proto, document]) {
    cpSync(join(root, file), join(folder, file), { recursive: true });
  }
  git('init', '--quiet', '--initial-branch=main');
  commit('Contracts');
  git('switch', '--quiet', '--create', 'change');
  return {
    folder,
    commit,
    edit(file: string, before: string, after: string): void {
      const text = readFileSync(join(folder, file), 'utf8');
      expect(text).toContain(before);
      writeFileSync(join(folder, file), text.replace(before, after));
    },
    breaking() {
      const PATH = `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH}`;
      const env = { ...process.env, BASE: 'main', PATH };
      return spawnSync(join(folder, 'tools/check/breaking'), { env, encoding: 'utf8' });
    },
  };
}
