import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { root } from '../services.ts';

const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const here = repository.replace('github:', '');
const workflow = parse(readFileSync(join(root, '.github/workflows/build.yml'), 'utf8'));
const [guard] = workflow.jobs.images.steps;
const main = 'refs/heads/main';
const build = (repository: string, ref = main) =>
  `${repository}/.github/workflows/build.yml@${ref}`;

test.each([
  ['main of this repository', here, main, build(here), 0],
  ['a branch that calls the workflow of main', here, 'refs/heads/other', build(here), 1],
  [
    'a branch with its own copy of the workflow',
    here,
    'refs/heads/other',
    build(here, 'refs/heads/other'),
    1,
  ],
  ['another repository', 'evil/copy', main, build(here), 1],
])(
  'build.yml signs for main of its own repository only: %s',
  async (_, repository, ref, called, status) => {
    expect(await run(guard.run, { repository, ref, job_workflow_ref: called })).toBe(status);
  },
);

test('a release is verified against the workflow, its repository and its branch', () => {
  const folder = mkdtempSync(join(tmpdir(), 'verify-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'cosign'), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
  const env = { ...process.env, COSIGN_PUBLIC_KEY: '', PATH: `${folder}:${process.env.PATH}` };
  const args = execFileSync(join(root, 'tools/release/verify'), ['image'], {
    cwd: root,
    env,
    encoding: 'utf8',
  });
  expect(args).toContain(`--certificate-identity https://github.com/${build(here)} `);
  expect(args).toContain(`--certificate-github-workflow-repository ${here} `);
  expect(args).toContain(`--certificate-github-workflow-ref ${main} `);
});

/** Runs a step with GitHub's token service, whose tokens have these claims. Returns its exit code. */
async function run(script: string, claims: object): Promise<number> {
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  const server = createServer((_, response) => {
    response.end(JSON.stringify({ value: `header.${payload}.signature` }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = {
    ...process.env,
    ACTIONS_ID_TOKEN_REQUEST_URL: url,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'token',
  };
  return new Promise((resolve) => {
    execFile('bash', ['-eo', 'pipefail', '-c', script], { env }, (error) => {
      resolve(Number(error?.code ?? 0));
    });
  });
}
