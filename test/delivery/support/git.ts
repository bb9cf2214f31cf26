import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireCluster } from '@my-app/test-support/cluster/cluster';
import { CommandError, run } from '@my-app/test-support/cluster/command';
import { images } from '@my-app/test-support/cluster/environment';
import { parse } from 'yaml';
import { releaseFile } from '../../../tools/release/release-file.ts';
import { smallValues, strategy, type Values } from './values.ts';

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
  write('staging', smallValues());
  // Production starts with Deployments.
  write('production', smallValues());
  write('production', strategy('none'));
  write('preview', { global: smallValues().global });
  await commit('The working tree');
  await release('staging');
  await release('production');
  return folder;
}

/** Continues with the clone that an earlier run left. */
export async function serveGitAgain(): Promise<void> {
  await git('remote', 'set-url', 'origin', `http://${await forwardGit()}/my-app.git`);
}

export function removeGitServer(): void {
  forward?.kill();
}

/** Writes a release file with the images under test and the last commit, as the pipeline does after a merge. */
async function release(environment: string): Promise<string> {
  const revision = (await git('rev-parse', 'HEAD')).trim();
  const text = releaseFile(revision, ...(await digests()));
  writeFileSync(path(`releases/${environment}`), text);
  return commit(`Release ${revision} to ${environment}`);
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

function merge(below: Values, above: Values): Values {
  const isMap = (value: unknown): value is Values =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const merged = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const other = merged[key];
    merged[key] = isMap(value) && isMap(other) ? merge(other, value) : value;
  }
  return merged;
}

/** The images under test by digest, as the registry has them. */
async function digests(): Promise<string[]> {
  const { registry } = await requireCluster();
  if (!registry) throw new CommandError('the cluster has no registry, which the digests come from');
  const pushed = Object.values(images()).map((image) =>
    image.replace(registry.pull, registry.push),
  );
  const found = await run('docker', [
    ...['image', 'inspect', '--format', '{{range .RepoDigests}}{{println .}}{{end}}', ...pushed],
  ]);
  return pushed.map((image) => {
    const repository = image.replace(/:[^:/]+$/, '');
    const digest = found.split('\n').find((line) => line.startsWith(`${repository}@`));
    if (!digest) throw new CommandError(`${image} has no digest`);
    return digest;
  });
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
