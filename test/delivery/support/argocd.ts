import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from '@my-app/test-support/cluster/command';

const files = ['project', 'environments', 'preview-projects', 'previews'];
const namespaces = ['my-app-staging', 'my-app-production'];

/** Applies deploy/argocd with the cluster's git server instead of GitHub. */
export async function applyArgoCd(): Promise<void> {
  const manifests = files.map((file) =>
    readFileSync(join(root, `deploy/argocd/${file}.yaml`), 'utf8')
      .replaceAll('https://github.com/my-org/my-app.git', 'http://git.git/my-app.git')
      .replaceAll(/requeueAfterSeconds: \d+/g, 'requeueAfterSeconds: 5')
      .replace('owner: my-org', 'owner: my-org\n                api: http://github.git/'),
  );
  await run('kubectl', ['apply', '--server-side', '-f', '-'], { input: manifests.join('---\n') });
}

/** Removes everything that was deployed: environments outlive their ApplicationSet. */
export async function removeArgoCd(): Promise<void> {
  const argocd = (...args: string[]) => run('kubectl', ['--namespace', 'argocd', ...args]);
  const part = ['--selector', 'app.kubernetes.io/part-of=my-app'];
  await argocd('delete', 'applicationset', 'my-app', 'my-app-previews', '--ignore-not-found');
  await argocd('delete', 'application', ...part, '--ignore-not-found');
  await run('kubectl', ['delete', 'namespace', ...namespaces, '--ignore-not-found']);
}

export interface Application {
  spec: { source: { targetRevision: string } };
  status?: {
    sync?: { status: string };
    health?: { status: string };
    operationState?: { finishedAt?: string; message?: string; phase: string };
  };
}

/** The Application of an environment or a preview. */
export async function application(name: string): Promise<Application> {
  const args = ['--namespace', 'argocd', 'get', 'application', `my-app-${name}`, '-o', 'json'];
  return JSON.parse(await run('kubectl', args));
}

/** `Synced Healthy`, for instance. */
export async function state(name: string): Promise<string> {
  const { status } = await application(name);
  return `${status?.sync?.status} ${status?.health?.status}`;
}
