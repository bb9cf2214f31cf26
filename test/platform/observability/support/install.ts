import { release } from '@my-app/test-support/cluster/environment';
import { deploy } from '@my-app/test-support/cluster/release';
import { receiversUrl } from './receivers.ts';

/** Installs or upgrades my-app with production's values, as Deployments: the test of a canary switches to it. */
export const install = (...args: string[]): Promise<void> =>
  deploy(
    release,
    ...['--values', 'deploy/environments/production.yaml', '--values', 'test/values.yaml'],
    ...['--values', 'test/platform/observability/values.yaml'],
    ...['--set', 'global.config.LOG_LEVEL=info', '--set', 'global.defaults.rollout.strategy=none'],
    ...['--set', `alertmanagerConfig.pagerdutyUrl=${receiversUrl}/v2/enqueue`],
    ...args,
  );
