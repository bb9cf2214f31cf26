import { release } from '@my-app/test-support/cluster/environment';
import { kubectl } from '@my-app/test-support/cluster/kubectl';
import { expectNoFailures, startLoad } from '@my-app/test-support/cluster/load';
import { onePod, settled } from '@my-app/test-support/cluster/pods';
import { describe, it } from 'vitest';
import { services } from '../../tools/services.ts';

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
