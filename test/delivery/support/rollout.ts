import assert from 'node:assert/strict';
import { release } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { get } from '@my-app/test-support/cluster/kubectl';
import { change } from './git.ts';
import type { Values } from './values.ts';

interface Rollout {
  metadata: { generation: number };
  spec: { template: { metadata: { annotations?: { version?: string } } } };
  status: {
    abort?: boolean;
    message?: string;
    observedGeneration?: string;
    phase?: string;
    currentPodHash?: string;
    stableRS?: string;
  };
}

let versions = 0;

/** Commits a new version of a service, with these values, to production. Returns its name. */
export async function newVersion(service: string, values: Values = {}): Promise<string> {
  versions += 1;
  const version = `${Date.now()}-${versions}`;
  const podAnnotations = { version };
  await change('production', `Version ${version} of ${service}`, {
    [service]: { podAnnotations, ...values },
  });
  return version;
}

/** Waits until production's Rollout is in the first step of this version. */
export const started = (service: string, version: string): Promise<Rollout> =>
  until(service, version, ({ status }) =>
    assert.equal(status.phase, 'Paused', status.message ?? ''),
  );

/** Waits until production's Rollout runs this version in all of its pods. */
export const promoted = (service: string, version: string): Promise<Rollout> =>
  until(service, version, ({ status }) => {
    assert.equal(status.phase, 'Healthy', status.message ?? '');
    assert.equal(status.stableRS, status.currentPodHash);
  });

/** Waits until the analysis has aborted this version's rollout. Returns the reason. */
export async function aborted(service: string, version: string): Promise<string> {
  const { status } = await until(service, version, (rollout) => {
    assert.equal(rollout.status.phase, 'Degraded', rollout.status.message ?? '');
    assert.ok(rollout.status.abort);
  });
  return status.message ?? '';
}

function until(
  service: string,
  version: string,
  check: (rollout: Rollout) => void,
): Promise<Rollout> {
  return eventually(
    async () => {
      const rollout = await get<Rollout>(`rollout/${release}-${service}`);
      assert.equal(rollout.spec.template.metadata.annotations?.version, version);
      assert.equal(rollout.status.observedGeneration, `${rollout.metadata.generation}`);
      check(rollout);
      return rollout;
    },
    { withinMs: 600_000 },
  );
}
