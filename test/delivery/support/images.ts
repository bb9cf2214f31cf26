import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@my-app/test-support/cluster/command';
import { images } from '@my-app/test-support/cluster/environment';
import { published, publishedRegistry } from '@my-app/test-support/cluster/published';

/** Tags the images under test with a pull request's commit, and pushes its chart, as .github/workflows/preview.yml does. */
export async function publishPreview(commit: string): Promise<void> {
  const { push } = await publishedRegistry();
  for (const [service, image] of Object.entries(images())) {
    const create = ['imagetools', 'create', '--tag', `${push}/${service}:${commit}`];
    await run('docker', ['buildx', ...create, image.replace(published, push)]);
  }
  const folder = mkdtempSync(join(tmpdir(), 'my-app-preview-'));
  const git = ['-C', process.env.E2E_GIT ?? '', 'worktree', 'add', '--quiet', '--detach'];
  await run('git', [...git, folder, commit]);
  await run('env', [`REGISTRY=${push}`, `${folder}/tools/release/preview-chart`, commit]);
}
