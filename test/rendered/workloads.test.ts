import { expect, test } from 'vitest';
import { type Manifest, render, renderReleased } from './render.ts';

const rendered: [name: string, objects: Manifest[]][] = [
  ['the chart', render('charts/my-app')],
  ...['staging', 'production'].map((name): [string, Manifest[]] => [
    name,
    renderReleased(`environments/${name}.yaml`),
  ]),
];
const ofKind = (objects: Manifest[], ...kinds: string[]): Manifest[] => {
  const found = objects.filter(({ kind }) => kinds.includes(kind));
  expect(found).not.toEqual([]);
  return found;
};

/** No peers, an empty peer or every address is anyone. */
const anyone = (peers: Manifest[] = []): boolean =>
  peers.length === 0 ||
  peers.some((peer) => Object.keys(peer).length === 0 || peer.ipBlock?.cidr.endsWith('/0'));

test.each(rendered)('%s: no rule of a NetworkPolicy allows all traffic', (_, objects) => {
  for (const { spec } of ofKind(objects, 'NetworkPolicy')) {
    for (const { from, ports = [] } of spec.ingress)
      expect(anyone(from) && !ports.length).toBe(false);
    // DNS may go anywhere: NodeLocal DNSCache and cloud resolvers are not pods.
    for (const { to, ports = [{}] } of spec.egress)
      expect(anyone(to) && ports.some(({ port }: Manifest) => port !== 53)).toBe(false);
  }
});

test.each(rendered)('%s: each workload has two pods or more, and a budget', (_, objects) => {
  const budgets = ofKind(objects, 'PodDisruptionBudget').map(({ spec }) => spec.selector);
  for (const { metadata, spec } of ofKind(objects, 'Deployment', 'Rollout')) {
    const autoscaler = objects.find((one) => one.spec?.scaleTargetRef?.name === metadata.name);
    const replicas = spec.replicas ?? autoscaler?.spec.minReplicas;
    expect(replicas, metadata.name).toBeGreaterThanOrEqual(2);
    expect(budgets).toContainEqual(spec.selector);
  }
});
