import assert from 'node:assert/strict';
import { release } from './environment.ts';
import { eventually } from './eventually.ts';
import { get, kubectl } from './kubectl.ts';

/** The fields of a pod that the tests read. */
export interface Pod {
  metadata: { name: string; uid: string; deletionTimestamp?: string };
  status: {
    podIP: string;
    conditions?: { type: string; status: string }[];
    containerStatuses: { restartCount: number }[];
  };
}

const selector = (service: string, of = release): string =>
  `app.kubernetes.io/name=${service},app.kubernetes.io/instance=${of}`;

/** All pods of a service, including those that are starting or terminating. */
export async function pods(service: string, of = release): Promise<Pod[]> {
  const { items } = await get<{ items: Pod[] }>('pods', '--selector', selector(service, of));
  return items;
}

/** Any pod of the service that is not terminating. */
export async function onePod(service: string, of = release): Promise<Pod> {
  const pod = (await pods(service, of)).find(({ metadata }) => !metadata.deletionTimestamp);
  assert(pod, `${service} has no pod`);
  return pod;
}

/** Waits until all pods of the service are ready and no old pod is left. */
export async function settled(service: string, of = release): Promise<Pod[]> {
  const deployment = `deployment/${of}-${service}`;
  await kubectl('rollout', 'status', deployment, '--timeout=120s');
  const { spec } = await get<{ spec: { replicas: number } }>(deployment);
  return eventually(
    async () => {
      const all = await pods(service, of);
      assert.equal(all.length, spec.replicas, `${service} has pods that do not terminate`);
      return all;
    },
    { withinMs: 60_000 },
  );
}

/** Identity and restart count of each pod. */
export const identities = (all: Pod[]): object =>
  all.map(({ metadata, status }) => ({
    uid: metadata.uid,
    restarts: status.containerStatuses.map(({ restartCount }) => restartCount),
  }));
