import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from '@my-app/test-support/cluster/command';
import { parse, stringify } from 'yaml';

const kubectl = (...args: string[]) => run('kubectl', ['--namespace', 'observability', ...args]);

interface DaemonSet {
  metadata: { name: string };
  spec: {
    selector: { matchLabels: Record<string, string> };
    template: {
      spec: { volumes: { configMap?: { name: string; items?: { key: string }[] } }[] };
    };
  };
}

/** The collector's DaemonSet. Charts differ in what they call it and its configuration. */
async function collector(): Promise<DaemonSet> {
  const { items } = JSON.parse(await kubectl('get', 'daemonsets', '--output=json'));
  return items.find(({ metadata }: DaemonSet) => metadata.name.startsWith('otel-collector'));
}

const rolledOut = (name: string) =>
  kubectl('rollout', 'status', `daemonset/${name}`, '--timeout=120s');

/** Gives the cluster's collector the configuration of deploy/platform, but with every trace kept: a test asks for one. */
export async function useCollectorConfig(): Promise<void> {
  const file = join(root, 'deploy/platform/values/otel-collector.yaml');
  const { alternateConfig: config } = parse(readFileSync(file, 'utf8'));
  for (const policy of config.processors.tail_sampling.policies) {
    if (policy.name === 'others') policy.probabilistic.sampling_percentage = 100;
  }
  const { metadata, spec } = await collector();
  const volumes = spec.template.spec.volumes.flatMap(({ configMap }) => configMap ?? []);
  const [{ name = '', items = [{ key: 'config.yaml' }] } = {}] = volumes;
  const patch = JSON.stringify({ data: { [items[0]?.key ?? '']: stringify(config) } });
  await kubectl('patch', `configmap/${name}`, '--type=merge', '--patch', patch);
  await kubectl('rollout', 'restart', `daemonset/${metadata.name}`);
  await rolledOut(metadata.name);
}

/** Takes the collector away; the function that it gives brings it back. */
export async function withoutCollector(): Promise<() => Promise<void>> {
  const { metadata, spec } = await collector();
  const select = (selector: object) =>
    kubectl(
      ...['patch', `daemonset/${metadata.name}`, '--type=merge', '--patch'],
      JSON.stringify({ spec: { template: { spec: { nodeSelector: selector } } } }),
    );
  const labels = Object.entries(spec.selector.matchLabels).map((entry) => entry.join('='));
  await select({ 'e2e/none': 'here' });
  await kubectl('wait', 'pod', `--selector=${labels}`, '--for=delete');
  return async () => {
    await select({ 'e2e/none': null });
    await rolledOut(metadata.name);
  };
}
