import { umbrella } from '../chart/paths.ts';
import { CommandError, run } from '../shared/command.ts';
import { type Images, type ImageValues, imageArguments, imagesOf } from './images.ts';
import { deployed, type Revision } from './revisions.ts';
import type { Target } from './target.ts';

const timeout = ['--timeout', '3m'];

const helm = ({ namespace }: Target, ...args: string[]): Promise<string> =>
  run('helm', ['--namespace', namespace, ...args]);

/** Installs or upgrades, and waits until all pods are ready. */
export async function upgrade(
  target: Target,
  release: string,
  images: Images,
  values: readonly string[] = [],
): Promise<void> {
  const files = target.valuesFiles.flatMap((file) => ['--values', file]);
  await helm(
    target,
    ...['upgrade', '--install', release, umbrella, ...files, ...imageArguments(images)],
    ...values.flatMap((value) => ['--set', value]),
    ...['--wait', ...timeout],
  );
}

/** Oldest first; empty where there is no such release. */
export async function history(target: Target, release: string): Promise<Revision[]> {
  const found = await helm(target, 'list', '--all', '--filter', `^${release}$`, '--short');
  return found.trim() === ''
    ? []
    : JSON.parse(await helm(target, 'history', release, '--output', 'json'));
}

/** The images of the revision that serves. */
export async function runningImages(target: Target, release: string): Promise<Images> {
  const serving = deployed(await history(target, release));
  if (!serving) return new Map();
  const revision = ['--revision', `${serving.revision}`];
  const values = await helm(target, 'get', 'values', release, ...revision, '--output', 'json');
  return imagesOf((JSON.parse(values) as ImageValues | null) ?? {});
}

export async function rollbackTo(target: Target, release: string, revision: number): Promise<void> {
  await helm(target, 'rollback', release, `${revision}`, '--wait', ...timeout);
}

export async function uninstall(target: Target, release: string): Promise<void> {
  await helm(target, 'uninstall', release, '--ignore-not-found');
}

/** The chart's own tests, from inside the cluster. */
export async function test(target: Target, release: string): Promise<void> {
  await helm(target, 'test', release, '--timeout', '2m').catch((error: CommandError) => {
    throw new CommandError(`helm test failed: ${error.message}`);
  });
}
