import { CommandError, run } from './command.ts';

export interface Cluster {
  /** KinD's name for it. */
  name: string;
  /** The registry that it pulls from, if it says that it has one. */
  registry: Registry | undefined;
  /** Whether it has metrics-server, which the autoscaler asks. */
  hasMetrics: boolean;
}

export interface Registry {
  /** Where this machine pushes to. */
  push: string;
  /** The same, as the nodes call it. */
  pull: string;
}

/** @throws CommandError with one line for the tools that are missing */
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
      `${missing.join(', ')} not found: mise install gets the pinned versions`,
    );
  }
}

/**
 * The cluster of kubectl's current context, with what the tests need of it.
 *
 * @throws CommandError with one line where it is not KinD's: the tests are not for shared clusters
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
    throw new CommandError('kubectl reaches no cluster: npm run cluster makes one');
  });
  const [, name] = /^kind:\/\/[^/]+\/([^/]+)\//.exec(provider) ?? [];
  if (!name) {
    throw new CommandError(
      "kubectl's current context is not a KinD cluster: npm run cluster makes one",
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
