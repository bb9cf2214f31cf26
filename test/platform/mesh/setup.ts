import { install, prepare, rolledOut } from '../production.ts';

/** Once: installs my-app as in production with the values for Istio, whose control plane is there already. */
export async function setup(): Promise<() => Promise<void>> {
  const remove = await prepare({
    groups: 'certificates delivery mesh observability',
    needed: ['deployment/istiod', '--namespace=istio-system'],
    // Not restricted: a sidecar's init container needs NET_ADMIN.
    labels: { 'istio-injection': 'enabled' },
  });
  await installMeshed();
  await rolledOut();
  return remove;
}

/** Installs or upgrades my-app in the mesh. */
export const installMeshed = (...args: string[]): Promise<void> =>
  install(
    ...['--values', 'deploy/platform/istio.yaml', '--values', 'test/platform/mesh/values.yaml'],
    ...args,
  );
