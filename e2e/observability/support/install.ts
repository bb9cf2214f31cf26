import { release } from '../../support/environment.ts';
import { deploy } from '../../support/release.ts';
import { receiversUrl } from './receivers.ts';

/** Installs or upgrades my-app with everything on that observes it. */
export const install = (...args: string[]): Promise<void> =>
  deploy(
    release,
    ...['--values', 'e2e/observability/values.yaml'],
    ...['--set', `alertmanagerConfig.pagerdutyUrl=${receiversUrl}/v2/enqueue`],
    ...args,
  );
