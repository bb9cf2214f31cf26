import { describe, it } from 'vitest';
import { services } from '../scripts/services.ts';
import { release } from './support/environment.ts';
import { kubectl } from './support/kubectl.ts';
import { expectNoFailures, startLoad } from './support/load.ts';
import { onePod, settled } from './support/pods.ts';

/** Under steady load over every protocol, no request fails. */
describe.each(services)('no request fails when %s', (service) => {
  const deployment = `deployment/${release}-${service}`;

  it('restarts by a rollout', async () => {
    const load = await startLoad();
    await kubectl('rollout', 'restart', deployment);
    await settled(service);
    expectNoFailures(await load.stop());
  });

  it('loses a pod', async () => {
    const load = await startLoad();
    const { metadata } = await onePod(service);
    await kubectl('delete', 'pod', metadata.name);
    await settled(service);
    expectNoFailures(await load.stop());
  });
});
