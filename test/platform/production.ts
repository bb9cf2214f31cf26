import assert from 'node:assert/strict';
import { requireCluster, requireTools } from '@my-app/test-support/cluster/cluster';
import { CommandError, run } from '@my-app/test-support/cluster/command';
import { namespace, release } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { buildImages } from '@my-app/test-support/cluster/images';
import { get, kubectl } from '@my-app/test-support/cluster/kubectl';
import { newNamespace, restricted } from '@my-app/test-support/cluster/namespace';
import { pods } from '@my-app/test-support/cluster/pods';
import { publish } from '@my-app/test-support/cluster/published';
import { deploy } from '@my-app/test-support/cluster/release';

interface Suite {
  /** Groups of deploy/platform/helmfile.yaml, and arguments of `kubectl get` that show whether they are installed. */
  groups: string;
  needed: string[];
  tools?: string[];
  labels?: Record<string, string>;
}

/** Definitions that production's values need. */
const definitions = [
  'crd/rollouts.argoproj.io',
  'crd/podmonitors.monitoring.coreos.com',
  'crd/alertmanagerconfigs.monitoring.coreos.com',
  'crd/certificates.cert-manager.io',
];

/** Publishes the images under test, and makes the namespace of a suite anew. Returns what removes it. */
export async function prepare(suite: Suite): Promise<() => Promise<void>> {
  await requireTools('kubectl', 'kubectl-argo-rollouts', 'docker', 'helm', ...(suite.tools ?? []));
  const cluster = await requireCluster();
  await run('kubectl', ['get', ...definitions, ...suite.needed]).catch(({ message }) => {
    throw new CommandError(`mise run platform ${suite.groups}: ${message}`);
  });
  process.env.E2E_IMAGES ??= JSON.stringify(await publish(await buildImages(cluster)));
  return newNamespace(suite.labels ?? restricted);
}

/** Installs or upgrades my-app with production's values as committed, and what a small machine forces on them. */
export const install = (...args: string[]): Promise<void> =>
  deploy(
    release,
    ...['--values', 'deploy/environments/production.yaml', '--values', 'test/values.yaml'],
    '--wait=legacy', // Helm 4 cannot read the status of a Rollout
    ...args,
  );

/** Helm may not wait for Rollouts. */
export const rolledOut = (): Promise<string> =>
  kubectl('wait', 'rollouts', '--all', '--for=jsonpath={.status.phase}=Healthy', '--timeout=3m');

interface Rollout {
  spec: { replicas: number; restartAt?: string };
  status: { restartedAt?: string; availableReplicas?: number };
}

/** Restarts the pods of a service, as the runbooks say, by this person, and waits until no old pod is left. */
export async function restart(service: string, ...person: string[]): Promise<void> {
  const name = `${release}-${service}`;
  const plugin = ['argo', 'rollouts', 'restart', name, '--namespace', namespace, ...person];
  await run('kubectl', plugin);
  await eventually(
    async () => {
      const { spec, status } = await get<Rollout>(`rollout/${name}`);
      assert.equal(status.restartedAt, spec.restartAt);
      assert.equal(status.availableReplicas, spec.replicas);
      assert.equal((await pods(service)).length, spec.replicas, `${service} has other pods`);
    },
    { withinMs: 180_000 },
  );
}
