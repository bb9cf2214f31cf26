import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from '@my-app/test-support/cluster/command';
import { parse, stringify } from 'yaml';

const kubectl = (args: string[], input = '') =>
  run('kubectl', ['--namespace', 'observability', ...args], { input });

/** Gives the cluster's collector the configuration of deploy/platform, but with every trace kept: a test asks for one. */
export async function useCollectorConfig(): Promise<void> {
  const file = join(root, 'deploy/platform/values/otel-collector.yaml');
  const { alternateConfig: config } = parse(readFileSync(file, 'utf8'));
  for (const policy of config.processors.tail_sampling.policies) {
    if (policy.name === 'others') policy.probabilistic.sampling_percentage = 100;
  }
  const map = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'otel-collector' },
    data: { 'config.yaml': stringify(config) },
  };
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], JSON.stringify(map));
  await kubectl(['rollout', 'restart', 'daemonset/otel-collector']);
  await kubectl(['rollout', 'status', 'daemonset/otel-collector', '--timeout=120s']);
}

/** Takes the collector away; the function that it gives brings it back. */
export async function withoutCollector(): Promise<() => Promise<void>> {
  const select = (selector: object | null) =>
    kubectl([
      ...['patch', 'daemonset/otel-collector', '--type=merge', '--patch'],
      JSON.stringify({ spec: { template: { spec: { nodeSelector: selector } } } }),
    ]);
  await select({ 'e2e/none': 'here' });
  await kubectl(['wait', 'pod', '-l', 'app.kubernetes.io/name=otel-collector', '--for=delete']);
  return async () => {
    await select({ 'e2e/none': null } as object);
    await kubectl(['rollout', 'status', 'daemonset/otel-collector', '--timeout=120s']);
  };
}
