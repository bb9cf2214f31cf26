import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../shared/command.ts';

/** What goes into an image, and into its provenance. */
export interface Build {
  readonly service: string;
  readonly version: string;
  readonly revision: string;
  readonly platforms: readonly string[];
  readonly startedAt: Date;
}

/** Builds for every platform, and keeps nothing but the knowledge that it works. */
export async function tryBuild(build: Build): Promise<void> {
  await buildx(build, ['--output', 'type=cacheonly']);
}

/** Builds and pushes, and returns the reference by digest. */
export async function buildAndPush(build: Build, repository: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'my-app-build-'));
  try {
    const metadata = join(folder, 'metadata.json');
    const tag = `${repository}:sha-${build.revision}`;
    await buildx(build, ['--tag', tag, '--push', '--metadata-file', metadata]);
    const { 'containerimage.digest': digest } = JSON.parse(readFileSync(metadata, 'utf8'));
    return `${repository}@${digest}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function buildx(build: Build, output: string[]): Promise<void> {
  const { service, version, revision, platforms } = build;
  await run('docker', [
    ...['buildx', 'build', '--file', `${service}/Dockerfile`, '--platform', platforms.join(',')],
    ...['--build-arg', `VERSION=${version}`, '--build-arg', `REVISION=${revision}`],
    // Provenance and SBOM are attested below the project's own signature instead.
    ...['--provenance=false', '--sbom=false'],
    ...output,
    '.',
  ]);
}
