import { CommandError, run } from './command.ts';

export interface Cluster {
  /** The name that KinD uses. */
  name: string;
  /** The cluster's local registry, if it advertises one. */
  registry: Registry | undefined;
  /** Whether it has metrics-server, which the autoscaler needs. */
  hasMetrics: boolean;
}

export interface Registry {
  /** Address to push to from this machine. */
  push: string;
  /** Address of the same registry for the nodes. */
  pull: string;
}

/** @throws CommandError with one line that names the missing tools */
export async function requireTools(...tools: string[]): Promise<void> {
  const found = await Promise.all(
    tools.map((tool) =>
      run(tool, ['--help']).then(
        () => true,
        () => false,
      ),
    ),
  );
  const missing = tools.filter((_, index) => !found[index]);
  if (missing.length > 0) {
    throw new CommandError(
      `${missing.join(', ')} not found: mise install installs the pinned versions`,
    );
  }
}

/**
 * The cluster of kubectl's current context.
 *
 * @throws CommandError with one line if it is not a KinD cluster: the tests are not for shared clusters
 */
export async function requireCluster(): Promise<Cluster> {
  const name = await kindName();
  const hasMetrics = await run('kubectl', ['get', '--raw', '/apis/metrics.k8s.io/v1beta1']).then(
    () => true,
    () => false,
  );
  return { name, registry: await localRegistry(), hasMetrics };
}

async function kindName(): Promise<string> {
  const path = 'jsonpath={.items[0].spec.providerID}';
  const provider = await run('kubectl', ['get', 'nodes', '-o', path]).catch(() => {
    throw new CommandError('kubectl cannot reach a cluster: mise run cluster creates one');
  });
  const [, name] = /^kind:\/\/[^/]+\/([^/]+)\//.exec(provider) ?? [];
  if (!name) {
    throw new CommandError(
      "kubectl's current context is not a KinD cluster: mise run cluster creates one",
    );
  }
  return name;
}

/** https://github.com/kubernetes/enhancements/tree/master/keps/sig-cluster-lifecycle/generic/1755-communicating-a-local-registry */
async function localRegistry(): Promise<Registry | undefined> {
  const hosting = await run('kubectl', [
    ...['get', 'configmap', 'local-registry-hosting', '--namespace', 'kube-public'],
    ...['--ignore-not-found', '-o', 'jsonpath={.data.localRegistryHosting\\.v1}'],
  ]);
  const field = (name: string) => new RegExp(`^${name}: *["']?([^"'\\s]+)`, 'm').exec(hosting)?.[1];
  const push = field('host');
  return push ? { push, pull: field('hostFromContainerRuntime') ?? push } : undefined;
}
