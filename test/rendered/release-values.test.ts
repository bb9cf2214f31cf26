import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { releaseFile } from '../../tools/release/release-file.ts';
import { root } from '../../tools/services.ts';
import { releasedImages } from './render.ts';

/** A repository whose production runs the chart of its first commit. */
function repository() {
  const folder = mkdtempSync(join(tmpdir(), 'my-app-release-values-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = (name: string) => join(folder, name);
  for (const part of ['charts', 'deploy/environments', 'tools/check/release-values']) {
    cpSync(join(root, part), path(part), { recursive: true });
  }
  const git = (...args: string[]) =>
    execFileSync(
      'git',
      ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@t.example', ...args],
      {
        encoding: 'utf8',
      },
    ).trim();
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '--message=One');
  const release = releaseFile(git('rev-parse', 'HEAD'), ...releasedImages);
  writeFileSync(path('deploy/environments/releases/production.yaml'), release);
  return {
    check: () =>
      execFileSync(path('tools/check/release-values'), { encoding: 'utf8', stdio: 'pipe' }),
    edit(file: string, change: (text: string) => string) {
      writeFileSync(path(file), change(readFileSync(path(file), 'utf8')));
    },
  };
}

test('values that are valid for the released chart pass, whatever the newest chart accepts', () => {
  const { check, edit } = repository();
  edit('charts/my-app/Chart.yaml', () => 'broken');
  expect(check()).toBe('');
});

test('a value that only the newest chart has is rejected before it is merged', () => {
  const { check, edit } = repository();
  edit('deploy/environments/production.yaml', (text) =>
    text.replace('\n  defaults:\n', '\n  defaults:\n    newest: 1\n'),
  );
  expect(check).toThrow('deploy/environments/production.yaml is not valid for the chart of');
});
