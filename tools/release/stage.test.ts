import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { root, services } from '../services.ts';

let folder: string;
const images = services.map((service) => `example.com/${service}@sha256:${'a'.repeat(64)}`);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stage-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  git('clone', '--quiet', '--bare', root, 'origin.git');
  git('-C', 'origin.git', 'branch', '--force', 'main', 'HEAD');
  git('clone', '--quiet', '--branch', 'main', 'origin.git', 'clone');
  cpSync(join(root, 'tools/release'), join(folder, 'clone/tools/release'), { recursive: true });
  git('-C', 'clone', 'config', 'user.name', 'bot');
  git('-C', 'clone', 'config', 'user.email', 'bot@example.com');
  git('-C', 'clone', 'add', '--all');
});

test('an older commit whose run ends later does not roll staging back', () => {
  const older = merge('older');
  const newer = merge('newer');
  stage(newer);
  expect(stage(older)).toContain(`staging already has ${newer}`);
  expect(staged()).toContain(`revision: ${newer}`);
  expect(stage(newer)).toContain('already has');
});

test('tries again if main moves between fetch and push', () => {
  const commit = merge('commit');
  const once = '#!/bin/sh\ntest -e refused || { touch refused; exit 1; }\n';
  writeFileSync(join(folder, 'origin.git/hooks/pre-receive'), once);
  chmodSync(join(folder, 'origin.git/hooks/pre-receive'), 0o755);
  stage(commit);
  expect(staged()).toContain(`revision: ${commit}`);
});

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
}

function merge(message: string): string {
  git('-C', 'clone', 'commit', '--quiet', '--allow-empty', '--message', message);
  git('-C', 'clone', 'push', '--quiet', 'origin', 'HEAD:main');
  return git('-C', 'clone', 'rev-parse', 'HEAD');
}

function stage(commit: string): string {
  const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` };
  const options = { cwd: join(folder, 'clone'), env, encoding: 'utf8' } as const;
  return execFileSync(join(folder, 'clone/tools/release/stage'), [commit, ...images], options);
}

function staged(): string {
  return git('-C', 'origin.git', 'show', 'main:deploy/environments/releases/staging.yaml');
}
