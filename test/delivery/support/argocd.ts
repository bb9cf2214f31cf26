import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from '@my-app/test-support/cluster/command';
import { stringify } from 'yaml';

const files = ['project', 'environments', 'preview-projects', 'previews'];
const applicationSets = ['my-app', 'my-app-previews', 'my-app-preview-namespaces'];
const namespaces = ['my-app-staging', 'my-app-production'];

/** What the cluster has in the place of GitHub and ghcr.io, with the chart registry's access. */
const charts = 'oci://my-app-registry:5000/my-org/my-app/previews/my-app';
const chartRegistry = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: 'my-app-previews',
    namespace: 'argocd',
    labels: { 'argocd.argoproj.io/secret-type': 'repository' },
  },
  stringData: { type: 'oci', url: charts, insecureOCIForceHttp: 'true' },
};

/** Applies deploy/policy as committed, and deploy/argocd with other addresses and shorter intervals. */
export async function applyArgoCd(): Promise<void> {
  await run('kubectl', ['apply', '--server-side', '-f', 'deploy/policy']);
  const manifests = files.map((file) =>
    readFileSync(join(root, `deploy/argocd/${file}.yaml`), 'utf8')
      .replaceAll('https://github.com/my-org/my-app.git', 'http://git.git/my-app.git')
      .replaceAll('oci://ghcr.io/my-org/my-app/previews/my-app', charts)
      .replaceAll(/requeueAfterSeconds: \d+/g, 'requeueAfterSeconds: 5')
      .replaceAll(/^( *)owner: my-org$/gm, '$1owner: my-org\n$1api: http://github.git/'),
  );
  const input = [stringify(chartRegistry), ...manifests].join('\n---\n');
  await run('kubectl', ['apply', '--server-side', '-f', '-'], { input });
}

/** Removes everything that was deployed: environments outlive their ApplicationSet. */
export async function removeArgoCd(): Promise<void> {
  const argocd = (...args: string[]) => run('kubectl', ['--namespace', 'argocd', ...args]);
  const part = ['--selector', 'app.kubernetes.io/part-of=my-app'];
  await argocd('delete', 'applicationset', ...applicationSets, '--ignore-not-found');
  await argocd('delete', 'application', ...part, '--ignore-not-found');
  await argocd('delete', 'secret', chartRegistry.metadata.name, '--ignore-not-found');
  await run('kubectl', ['delete', 'namespace', ...namespaces, '--ignore-not-found']);
  await run('kubectl', ['delete', '-f', 'deploy/policy', '--ignore-not-found']);
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
