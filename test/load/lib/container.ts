import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../tools/services.ts';

/** How to run a Node.js command with an environment. */
export type Run = (command: string[], env: Record<string, string>) => string[];

const node = '/nodejs/bin/node';

/**
 * Starts a container for commands that share `cpus` of a core, and can read a folder. Docker sets the limit with either
 * version of Linux's control groups, and without root.
 */
export function startContainer(cpus: number, core: string, folder: string) {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
  const [, image = ''] = [...dockerfile.matchAll(/^FROM (\S+)$/gm)].at(-1) ?? []; // of the services' images
  const limits = [`--cpus=${cpus}`, `--cpuset-cpus=${core}`];
  const place = ['--network=host', `--volume=${folder}:${folder}:ro`, `--entrypoint=${node}`];
  const idle = [image, '--eval', 'setInterval(() => {}, 1e9)'];
  const args = ['run', '--detach', '--rm', ...limits, ...place, ...idle];
  const id = execFileSync('docker', args, { encoding: 'utf8' }).trim();
  const run: Run = ([, ...command], env) => {
    const flags = Object.entries(env).map(([name, value]) => `--env=${name}=${value}`);
    return ['docker', 'exec', ...flags, id, node, ...command];
  };
  const remove = () => execFileSync('docker', ['rm', '--force', id], { stdio: 'ignore' });
  return { run, remove };
}
