import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireCluster } from '@my-app/test-support/cluster/cluster';
import { CommandError, run } from '@my-app/test-support/cluster/command';
import { images } from '@my-app/test-support/cluster/environment';

const published = 'ghcr.io/my-org/my-app';

/** The local registry under the name of the published one, which the nodes pull from in its place (tools/dev/cluster.ts). */
async function registry(): Promise<{ push: string; pull: string }> {
  const { registry } = await requireCluster();
  if (!registry) throw new CommandError('the cluster has no registry: mise run cluster adds it');
  return { push: published.replace('ghcr.io', registry.push), pull: registry.pull };
}

/** Pushes the images under test, by service, to where the pipeline would. Returns their published names, by digest. */
export async function publish(built: Record<string, string>): Promise<Record<string, string>> {
  const { push, pull } = await registry();
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

/** Tags the images under test with a pull request's commit, and pushes its chart, as .github/workflows/preview.yml does. */
export async function publishPreview(commit: string): Promise<void> {
  const { push } = await registry();
  for (const [service, image] of Object.entries(images())) {
    const create = ['imagetools', 'create', '--tag', `${push}/${service}:${commit}`];
    await run('docker', ['buildx', ...create, image.replace(published, push)]);
  }
  const folder = mkdtempSync(join(tmpdir(), 'my-app-preview-'));
  const git = ['-C', process.env.E2E_GIT ?? '', 'worktree', 'add', '--quiet', '--detach'];
  await run('git', [...git, folder, commit]);
  await run('env', [`REGISTRY=${push}`, `${folder}/tools/release/preview-chart`, commit]);
}
