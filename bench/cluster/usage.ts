import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../e2e/support/command.ts';

/** What a service's pods use, on average for one. */
export interface Usage {
  milliCpu: number;
  megabytes: number;
}

interface PodMetrics {
  metadata: { labels?: Record<string, string> };
  timestamp: string;
  window: string;
  containers: { usage: { cpu: string; memory: string } }[];
}

/** What metrics-server says of a time after `since` (Unix, ms), and of that time alone. */
export async function usageSince(
  namespace: string,
  service: string,
  since: number,
): Promise<Usage> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(1000)) {
    const pods = (await podMetrics(namespace)).filter(
      ({ metadata, timestamp, window }) =>
        metadata.labels?.['app.kubernetes.io/name'] === service &&
        Date.parse(timestamp) - Number.parseFloat(window) * 1000 >= since,
    );
    const usages = pods.flatMap(({ containers }) => containers.map(({ usage }) => usage));
    if (usages.length === 0) continue;
    const mean = (of: (usage: { cpu: string; memory: string }) => number): number =>
      usages.reduce((sum, usage) => sum + of(usage), 0) / usages.length;
    return {
      milliCpu: mean(({ cpu }) => milliCpu(cpu)),
      megabytes: mean(({ memory }) => mib(memory)),
    };
  }
  throw new Error(`metrics-server says nothing of ${service}`);
}

async function podMetrics(namespace: string): Promise<PodMetrics[]> {
  const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`;
  return JSON.parse(await run('kubectl', ['get', '--raw', path])).items;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
const milliCpu = (cpu: string): number => {
  const unit = { n: 1e-6, u: 1e-3, m: 1 }[cpu.at(-1) ?? ''];
  return unit === undefined ? Number(cpu) * 1000 : Number.parseInt(cpu, 10) * unit;
};

const mib = (memory: string): number => {
  const unit = { Ki: 2 ** -10, Mi: 1, Gi: 2 ** 10 }[memory.slice(-2)];
  return unit === undefined ? Number(memory) / 2 ** 20 : Number.parseInt(memory, 10) * unit;
};
