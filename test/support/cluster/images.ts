import { services } from '../../../tools/services.ts';
import type { Cluster } from './cluster.ts';
import { run } from './command.ts';

/** Builds the production image of every service and loads it into the cluster. Returns the references to deploy. */
export async function buildImages(cluster: Cluster): Promise<Record<string, string>> {
  const references: Record<string, string> = {};
  for (const service of services) {
    console.log(`building ${service}`);
    const id = await run('docker', ['build', '--quiet', '--build-arg', `SERVICE=${service}`, '.']);
    // Tagged by content, so that no node runs an older image under the same name.
    const tag = `e2e-${id.trim().replace('sha256:', '').slice(0, 12)}`;
    references[service] = await deliver(id.trim(), `${service}:${tag}`, cluster);
  }
  return references;
}

async function deliver(id: string, image: string, { name, registry }: Cluster): Promise<string> {
  if (!registry) {
    await run('docker', ['tag', id, image]);
    await run('kind', ['load', 'docker-image', image, '--name', name]);
    return image;
  }
  await run('docker', ['tag', id, `${registry.push}/${image}`]);
  await run('docker', ['push', '--quiet', `${registry.push}/${image}`]);
  return `${registry.pull}/${image}`;
}
