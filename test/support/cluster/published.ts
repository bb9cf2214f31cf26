import { requireCluster } from './cluster.ts';
import { CommandError, run } from './command.ts';

/** Where the pipeline pushes, by the values of deploy/environments. */
export const published = 'ghcr.io/my-org/my-app';

/** The local registry under the name of the published one, which the nodes pull from in its place (tools/dev/cluster). */
export async function publishedRegistry(): Promise<{ push: string; pull: string }> {
  const { registry } = await requireCluster();
  if (!registry) throw new CommandError('the cluster has no registry: mise run cluster adds it');
  return { push: published.replace('ghcr.io', registry.push), pull: registry.pull };
}

/** Pushes the images under test, by service, to where the pipeline would. Returns their published names, by digest. */
export async function publish(built: Record<string, string>): Promise<Record<string, string>> {
  const { push, pull } = await publishedRegistry();
  const entries = Object.entries(built).map(async ([service, image]) => {
    const target = `${push}/${service}:e2e`;
    await run('docker', ['tag', image.replace(pull, push.split('/')[0] ?? ''), target]);
    await run('docker', ['push', '--quiet', target]);
    const inspect = ['imagetools', 'inspect', target, '--format', '{{.Manifest.Digest}}'];
    const digest = (await run('docker', ['buildx', ...inspect])).trim();
    return [service, `${published}/${service}@${digest}`];
  });
  return Object.fromEntries(await Promise.all(entries));
}
