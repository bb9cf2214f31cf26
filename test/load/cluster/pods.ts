import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { run } from '@my-app/test-support/cluster/command';

/** The namespace that the load test creates and finally deletes. */
export const namespace = 'bench';

export const kubectl = (...args: string[]): Promise<string> =>
  run('kubectl', ['--namespace', namespace, ...args]);

const of = (service: string): string => `--selector=app.kubernetes.io/name=${service}`;

export interface Usage {
  milliCpu: number;
  mebibytes: number;
}

/** Usage of a service's only pod, as last measured by metrics-server. */
export async function usage(service: string): Promise<Usage> {
  const line = await kubectl('top', 'pod', '--no-headers', of(service));
  const [, milliCpu, mebibytes] = /(\d+)m +(\d+)Mi/.exec(line) ?? [];
  return { milliCpu: Number(milliCpu), mebibytes: Number(mebibytes) };
}

/**
 * Adds a pod to a service and removes it again.
 *
 * @returns seconds from scheduled to ready, as observed by a client of the API server
 */
export async function podStart(service: string): Promise<number> {
  const deployment = `deployment/my-app-${service}`;
  const old = await kubectl('get', 'pods', of(service), '--output=name');
  const line = '{.metadata.name} {.status.conditions[?(@.status=="True")].type}{"\\n"}';
  const watch = ['get', 'pods', of(service), '--watch', `--output=jsonpath=${line}`];
  const watching = spawn('kubectl', ['--namespace', namespace, ...watch], { timeout: 120_000 });
  try {
    await kubectl('scale', deployment, '--replicas=2');
    let scheduledAt = 0;
    for await (const state of createInterface(watching.stdout)) {
      const [name = '', ...conditions] = state.split(' ');
      if (old.includes(name)) continue;
      if (conditions.includes('PodScheduled')) scheduledAt ||= performance.now();
      if (!conditions.includes('Ready')) continue;
      const seconds = (performance.now() - scheduledAt) / 1000;
      await kubectl('scale', deployment, '--replicas=1');
      await kubectl('wait', '--for=delete', `pod/${name}`, '--timeout=90s');
      return seconds;
    }
    throw new Error(`no second pod of ${service} became ready within two minutes`);
  } finally {
    watching.kill();
  }
}
