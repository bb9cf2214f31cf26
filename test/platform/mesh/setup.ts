import { requireCluster, requireTools } from '@my-app/test-support/cluster/cluster';
import { CommandError, run } from '@my-app/test-support/cluster/command';
import { release } from '@my-app/test-support/cluster/environment';
import { buildImages } from '@my-app/test-support/cluster/images';
import { newNamespace } from '@my-app/test-support/cluster/namespace';
import { deploy } from '@my-app/test-support/cluster/release';

/** Once: installs my-app with the preset for Istio, whose control plane is there already. */
export async function setup(): Promise<() => Promise<void>> {
  await requireTools('kubectl', 'docker', 'helm');
  const cluster = await requireCluster();
  await run('kubectl', ['get', 'deployment/istiod', '--namespace=istio-system']).catch(() => {
    throw new CommandError(
      'the cluster has no Istio: helmfile --file deploy/platform/helmfile.yaml --selector group=mesh sync',
    );
  });
  process.env.E2E_IMAGES ??= JSON.stringify(await buildImages(cluster));
  // Not restricted: a sidecar's init container needs NET_ADMIN.
  const remove = await newNamespace({ 'istio-injection': 'enabled' });
  const preset = 'deploy/platform/istio.yaml';
  await deploy(release, '--values', preset, '--values', 'test/platform/mesh/values.yaml');
  return remove;
}
