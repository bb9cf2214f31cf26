import { services } from '../chart/paths.ts';
import type { Images } from '../deploy/images.ts';
import { run } from '../shared/command.ts';

/** An image that is in a registry. */
export interface Published {
  readonly digest: string;
  /** The commit it was built from. */
  readonly revision: string;
}

const revisionLabel = 'org.opencontainers.image.revision';

/** What a tag leads to; undefined where there is no such tag. */
export async function published(tag: string): Promise<Published | undefined> {
  try {
    const digest = await digestOf(tag);
    // One image, or one for each platform, all from the same commit.
    const image: Image | Record<string, Image> = await inspect(tag, 'Image');
    const [one] = isImage(image) ? [image] : Object.values(image);
    return { digest, revision: one?.config?.Labels?.[revisionLabel] ?? 'unknown' };
  } catch (error) {
    if (/not found|manifest unknown|name unknown/i.test((error as Error).message)) return undefined;
    throw error;
  }
}

export async function digestOf(tag: string): Promise<string> {
  return (await inspect<{ digest: string }>(tag, 'Manifest')).digest;
}

async function inspect<Result>(tag: string, field: string): Promise<Result> {
  const format = ['--format', `{{json .${field}}}`];
  return JSON.parse(await run('docker', ['buildx', 'imagetools', 'inspect', tag, ...format]));
}

interface Image {
  config?: { Labels?: Record<string, string> };
}

const isImage = (image: Image | Record<string, Image>): image is Image => 'config' in image;

/** Lets tags of the same repository lead to an image; its bytes, digest and signatures stay. */
export async function tag(reference: string, tags: readonly string[]): Promise<void> {
  const [repository] = reference.split('@');
  await run('docker', [
    ...['buildx', 'imagetools', 'create', '--prefer-index=false'],
    ...tags.flatMap((name) => ['--tag', `${repository}:${name}`]),
    reference,
  ]);
}

/** The images that a tag leads to, by digest. */
export function resolveImages(registry: string, tag: string): Promise<string[]> {
  const repositories = services.map((service) => `${registry}/${service}`);
  return Promise.all(
    repositories.map(async (name) => `${name}@${await digestOf(`${name}:${tag}`)}`),
  );
}

/** Brings images to this machine, under the names by which the scans know them. */
export async function pullImages(images: Images): Promise<void> {
  for (const [service, reference] of images) {
    await run('docker', ['pull', '--quiet', reference]);
    await run('docker', ['tag', reference, `${service}:latest`]);
  }
}
