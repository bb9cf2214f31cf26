import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { root } from '../services.ts';

const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const here = repository.replace('github:', '');

test('a private repository without paid plans passes the gate, which lists the skipped checks', () => {
  const result = gate({ test: 'success', dependencies: 'skipped' }, 'false');
  expect(result.status).toBe(0);
  expect(result.stdout).toContain('- the job `dependencies`\n- CodeQL, dependency review');
  expect(result.stdout).toContain('Enterprise Cloud only');
});

test.each(['failure', 'cancelled'])('a job that ended with %s fails the gate', (result) => {
  expect(gate({ test: 'success', chart: result }, 'true').status).toBe(1);
});

test('a gate without skipped checks has no summary', () => {
  expect(gate({ test: 'success' }, 'true')).toMatchObject({ status: 0, stdout: '' });
});

test('a copy that is not renamed publishes nothing, and reports why', () => {
  expect(changes('HEAD', here)).toBe('code=false\npublish=true\n');
  const copy = changes('HEAD', 'Somebody/Copy');
  expect(copy).toContain('publish=false\n::notice title=Nothing is published::');
  expect(copy).toContain('npm run rename -- APP Somebody/Copy');
});

test('the first push, whose base is unknown, is a change of code', () => {
  expect(changes('0'.repeat(40), here)).toContain('code=true');
});

test('a failed night opens one issue, and comments on it the next night', () => {
  expect(nightly('')).toMatch(/^issue list .*\nissue create --title Nightly fails --body Failed: /);
  expect(nightly('7')).toMatch(/^issue list .*\nissue comment 7 --body Failed: .*\/runs\/1\n$/);
});

function gate(results: Record<string, string>, plan: string) {
  const entries = Object.entries(results).map(([job, result]) => [job, { result }]);
  const NEEDS = JSON.stringify(Object.fromEntries(entries));
  const env = { ...process.env, NEEDS, CODE_SECURITY: plan, ATTESTATIONS: plan };
  return spawnSync(join(root, 'tools/check/gate'), { cwd: root, encoding: 'utf8', env });
}

/** The outputs and the log of `changes` in a clone of the last commit. */
function changes(base: string, name: string): string {
  const folder = temporaryFolder();
  execFileSync('git', ['clone', '--quiet', '--shared', root, folder]);
  const env = { ...process.env, GITHUB_REPOSITORY: name, GITHUB_OUTPUT: join(folder, 'output') };
  const script = readFileSync(join(root, 'tools/check/changes'), 'utf8');
  writeFileSync(join(folder, 'tools/check/changes'), script, { mode: 0o755 });
  execFileSync(
    'git',
    ['-c', 'user.name=a', '-c', 'user.email=a@b.c', 'commit', '-qam', 'a', '--allow-empty'],
    { cwd: folder },
  );
  const options = { cwd: folder, env, encoding: 'utf8' } as const;
  const log = execFileSync(join(folder, 'tools/check/changes'), [base], options);
  return readFileSync(join(folder, 'output'), 'utf8') + log;
}

/** What `nightly-issue` asks of a `gh` that knows one open issue, or none. */
function nightly(issue: string): string {
  const folder = temporaryFolder();
  const gh = `#!/bin/sh\necho "$@" >>${folder}/log\n[ "$2" != list ] || echo "${issue}"\n`;
  writeFileSync(join(folder, 'gh'), gh, { mode: 0o755 });
  const names = {
    GITHUB_WORKFLOW: 'Nightly',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: here,
  };
  const env = {
    ...process.env,
    ...names,
    GITHUB_RUN_ID: '1',
    PATH: `${folder}:${process.env.PATH}`,
  };
  execFileSync(join(root, 'tools/check/nightly-issue'), { cwd: root, env });
  return readFileSync(join(folder, 'log'), 'utf8');
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pipeline-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
