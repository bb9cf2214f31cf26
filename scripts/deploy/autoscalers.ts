import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../shared/command.ts';
import { kubectl } from './kubectl.ts';
import type { Target } from './target.ts';

const limitMs = 60_000;

interface Scaled {
  kind: string;
  metadata: { name: string };
  spec: { minReplicas?: number; scaleTargetRef?: { name: string } };
  status: { readyReplicas?: number };
}

/**
 * Waits until each autoscaler has the pods that it wants at least, and they are ready. A new release
 * starts with one of each service, and autoscalers act every 15 s.
 *
 * @throws CommandError where that takes more than a minute
 */
export async function haveLeastReplicas(target: Target, release: string): Promise<void> {
  for (const end = Date.now() + limitMs; ; await sleep(1000)) {
    const missing = await withTooFew(target, release);
    if (missing.length === 0) return;
    if (Date.now() > end) throw new CommandError(`too few pods: ${missing.join(', ')}`);
  }
}

async function withTooFew(target: Target, release: string): Promise<string[]> {
  const selector = ['--selector', `app.kubernetes.io/instance=${release}`];
  const found = await kubectl(
    target,
    ...['get', 'horizontalpodautoscalers,deployments', ...selector, '--output', 'json'],
  );
  const { items } = JSON.parse(found) as { items: Scaled[] };
  const deployments = new Map(
    items.filter(({ kind }) => kind === 'Deployment').map((item) => [item.metadata.name, item]),
  );
  return items.flatMap(({ spec: { minReplicas = 1, scaleTargetRef } }) => {
    if (!scaleTargetRef) return [];
    const { name } = scaleTargetRef;
    const ready = deployments.get(name)?.status.readyReplicas ?? 0;
    return ready < minReplicas ? [`${name} has ${ready} of ${minReplicas} ready`] : [];
  });
}
