/**
 * Writes the release of an environment: `node tools/release/release-file.ts staging COMMIT IMAGE@sha256:…`, with one image per service.
 * deploy/environments/releases names the commit and the images, and Flux's source, if there is one, the commit.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, services } from '../services.ts';
import { pinSource } from './flux-source.ts'; // ring: flux

const header = `# The deployed release: the commit of the chart, and the images built from it. Written by tools/release/release-file.ts after a
# merge (staging) and by tools/release/promote (production): docs/delivery.md.
`;

/**
 * The release file's text.
 *
 * @throws Error if the revision is not a full commit hash, or the images are not one per service, each by digest
 */
export function releaseFile(revision = '', ...images: string[]): string {
  if (!/^[0-9a-f]{40}$/.test(revision)) throw new Error(`"${revision}" is not a full commit hash`);
  const digests = new Map(images.map((image) => parse(image)));
  const unknown = [...digests.keys()].filter((name) => !services.includes(name));
  if (unknown.length > 0) throw new Error(`no such service: ${unknown.join(', ')}`);
  const entries = services.map((service) => {
    const digest = digests.get(service);
    if (!digest)
      throw new Error(`no image of ${service}: pass one REPOSITORY@sha256:… for each service`);
    return `${service}:\n  image:\n    digest: ${digest}\n`;
  });
  return `${header}revision: ${revision}\n${entries.join('')}`;
}

function parse(image: string): [string, string] {
  const [, service, digest] = /([^/@:]+)(?::[^/@:]+)?@(sha256:[0-9a-f]{64})$/.exec(image) ?? [];
  if (!service || !digest) throw new Error(`"${image}" is not REPOSITORY@sha256:…`);
  return [service, digest];
}

if (import.meta.main) {
  const [environment = '', revision = '', ...images] = process.argv.slice(2);
  try {
    const file = join(root, `deploy/environments/releases/${environment}.yaml`);
    if (!existsSync(file)) throw new Error(`no such environment: ${environment}`);
    writeFileSync(file, releaseFile(revision, ...images));
    pinSource(environment, revision); // ring: flux
  } catch (error) {
    console.error(`release-file: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
