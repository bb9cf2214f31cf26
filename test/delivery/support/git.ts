import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError, root, run } from '@my-app/test-support/cluster/command';
import { images } from '@my-app/test-support/cluster/environment';
import { parse } from 'yaml';
import { merge, strategy, type Values } from './values.ts';

let forward: ReturnType<typeof spawn> | undefined;

/**
 * Pushes the working tree, with values for a small and busy machine, to http://git.git/my-app.git in the cluster.
 * Returns the folder of the clone, for E2E_GIT.
 */
export async function serveGit(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'my-app-delivery-'));
  const files = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z']);
  const archive = `${folder}.tar`;
  await run('tar', ['-cf', archive, '--null', '--ignore-failed-read', '-T', '-'], { input: files });
  await run('tar', ['-xf', archive, '-C', folder]);
  process.env.E2E_GIT = folder;
  await git('init', '--quiet', '--initial-branch=main');
  await git('config', 'user.name', 'e2e');
  await git('config', 'user.email', 'e2e@my-app.example');
  await git('remote', 'add', 'origin', `http://${await forwardGit()}/my-app.git`);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  appendFileSync(join(folder, '.git/info/exclude'), 'node_modules\n');
  const machine = parse(readFileSync(join(root, 'test/values.yaml'), 'utf8'), { merge: true });
  write('staging', machine);
  write('production', machine);
  // Production starts with Deployments.
  write('production', strategy('none'));
  await commit('The working tree');
  await release();
  return folder;
}

/** Stages the images under test and promotes them, as the pipeline does after a merge and a maintainer by a pull request. */
async function release(): Promise<void> {
  const folder = process.env.E2E_GIT ?? '';
  const head = (await git('rev-parse', 'HEAD')).trim();
  await run(`${folder}/tools/release/stage`, [head, ...Object.values(images())]);
  const path = `PATH=${gitHubThatMerges(folder)}:${process.env.PATH}`;
  await run('env', [path, `${folder}/tools/release/promote`]);
  await git('pull', '--quiet', 'origin', 'main');
}

/** A folder with a `gh` that merges the pull request instead of opening it. */
function gitHubThatMerges(folder: string): string {
  const bin = join(folder, '.git/bin');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'gh'),
    '#!/bin/sh\n[ "$1 $2" = "pr create" ] && git push --quiet origin HEAD:main\n',
  );
  chmodSync(join(bin, 'gh'), 0o755);
  return bin;
}

/** Continues with the clone that an earlier run left. */
export async function serveGitAgain(): Promise<void> {
  await git('remote', 'set-url', 'origin', `http://${await forwardGit()}/my-app.git`);
}

export function removeGitServer(): void {
  forward?.kill();
}

/** Merges values into those of an environment, commits and pushes. Returns the commit. */
export async function change(
  environment: string,
  message: string,
  values: Values,
): Promise<string> {
  write(environment, values);
  return commit(message);
}

/** Reverts the last commit, as a person would. Returns the new commit. */
export async function revert(): Promise<string> {
  await git('revert', '--no-edit', 'HEAD');
  return push();
}

/** Creates a branch with one file changed. Returns its commit. */
export async function branch(
  name: string,
  file: string,
  edit: (text: string) => string,
): Promise<string> {
  const before = join(process.env.E2E_GIT ?? '', file);
  await git('switch', '--quiet', '--create', name);
  writeFileSync(before, edit(existsSync(before) ? readFileSync(before, 'utf8') : ''));
  await git('add', '--all');
  await git('commit', '--quiet', '--allow-empty', '--message', name);
  await git('push', '--quiet', '--force', 'origin', `HEAD:${name}`);
  const hash = (await git('rev-parse', 'HEAD')).trim();
  await git('switch', '--quiet', 'main');
  return hash;
}

async function commit(message: string): Promise<string> {
  await git('add', '--all');
  await git('commit', '--quiet', '--allow-empty', '--message', message);
  return push();
}

async function push(): Promise<string> {
  await git('push', '--quiet', '--force', 'origin', 'HEAD:main');
  return (await git('rev-parse', 'HEAD')).trim();
}

const path = (name: string) => join(process.env.E2E_GIT ?? '', `deploy/environments/${name}.yaml`);

const git = (...args: string[]) => run('git', ['-C', process.env.E2E_GIT ?? '', ...args]);

/** Writes JSON, which is also YAML. */
function write(environment: string, values: Values): void {
  const file = path(environment);
  const merged = merge(parse(readFileSync(file, 'utf8')) ?? {}, values);
  writeFileSync(file, JSON.stringify(merged, null, 2));
}

async function forwardGit(): Promise<string> {
  const child = spawn('kubectl', ['--namespace', 'git', 'port-forward', 'svc/git', ':80'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  forward = child;
  const [line] = await once(child.stdout, 'data');
  const [, address] = /Forwarding from (127\.0\.0\.1:\d+)/.exec(String(line)) ?? [];
  if (!address) throw new CommandError(`no git server: kubectl port-forward printed ${line}`);
  return address;
}
