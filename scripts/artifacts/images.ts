import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { changedSince } from '../affected/changes.ts';
import { affectedServices } from '../affected/services.ts';
import { readWorkspaces } from '../affected/workspaces.ts';
import { root, services } from '../chart/paths.ts';
import { run, secondsSince } from '../shared/command.ts';
import { type Build, buildAndPush, tryBuild } from './build.ts';
import { attest, isSigned, type Key, sign } from './cosign.ts';
import { provenance } from './provenance.ts';
import { published, tag } from './registry.ts';
import { sbom } from './sbom.ts';

export interface PushOptions {
  /** Registry and path: the name of the service comes after it. */
  readonly registry: string;
  readonly tags: readonly string[];
  readonly platforms: readonly string[];
  /** Take the image of this tag instead of building, where nothing changed since that concerns it. */
  readonly unchangedFrom?: string | undefined;
  readonly signer?: { readonly key: Key } | undefined;
}

/** Pushes every service and returns the references by digest. */
export async function pushImages(options: PushOptions): Promise<string[]> {
  const references: string[] = [];
  for (const service of services) {
    const started = performance.now();
    const unchanged = await unchangedImage(service, options);
    const reference = unchanged ?? (await pushNew(service, options));
    // The commit as well, by which a release of it finds the image, also one built from an older commit.
    await tag(reference, [...options.tags, `sha-${await revision()}`]);
    const how = unchanged ? 'unchanged' : 'built';
    console.error(`${service} ${how} in ${secondsSince(started)}: ${options.tags.join(', ')}`);
    references.push(reference);
  }
  return references;
}

/** Builds the services named, for every platform, and pushes nothing. */
export async function tryBuilds(
  names: readonly string[],
  platforms: readonly string[],
): Promise<void> {
  for (const name of names) {
    const started = performance.now();
    await tryBuild(await newBuild(name, platforms));
    console.error(`${name} builds for ${platforms.join(', ')} in ${secondsSince(started)}`);
  }
}

async function unchangedImage(
  service: string,
  { registry, unchangedFrom, signer }: PushOptions,
): Promise<string | undefined> {
  if (!unchangedFrom) return undefined;
  const repository = `${registry}/${service}`;
  const image = await published(`${repository}:${unchangedFrom}`);
  const files = image && (await changedSince(image.revision));
  // A commit that is not in this history, as after a forced push, says nothing about what changed.
  if (!image || !files) return undefined;
  if (affectedServices(files, readWorkspaces(root)).includes(service)) return undefined;
  const reference = `${repository}@${image.digest}`;
  // A tag can be moved by whoever may push; what it leads to is ours only if we signed it.
  return signer && !(await isSigned(reference, signer.key)) ? undefined : reference;
}

async function pushNew(service: string, options: PushOptions): Promise<string> {
  const build = await newBuild(service, options.platforms);
  const reference = await buildAndPush(build, `${options.registry}/${service}`);
  if (options.signer) {
    const { key } = options.signer;
    await attest(reference, 'cyclonedx', await sbom(service, reference), key);
    await attest(reference, 'slsaprovenance1', provenance(build), key);
    await sign(reference, key);
  }
  return reference;
}

async function newBuild(service: string, platforms: readonly string[]): Promise<Build> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return { service, version, revision: await revision(), platforms, startedAt: new Date() };
}

/** The commit; marked where files differ from it, as its image then says more than the commit. */
async function revision(): Promise<string> {
  const commit = (await run('git', ['rev-parse', 'HEAD'])).trim();
  return (await run('git', ['status', '--porcelain'])) === '' ? commit : `${commit}-dirty`;
}
