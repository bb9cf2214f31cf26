import { release } from '@my-app/test-support/cluster/environment';
import { deploy } from '@my-app/test-support/cluster/release';
import { receiversUrl } from './receivers.ts';

/** Installs or upgrades my-app with everything on that observes it. */
export const install = (...args: string[]): Promise<void> =>
  deploy(
    release,
    ...['--values', 'test/platform/observability/values.yaml'],
    ...['--set', 'global.config.LOG_LEVEL=info'],
    ...['--set', `alertmanagerConfig.pagerdutyUrl=${receiversUrl}/v2/enqueue`],
    ...args,
  );
