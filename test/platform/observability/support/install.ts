import { install as installProduction } from '../../production.ts';
import { receiversUrl } from './receivers.ts';

/** Installs or upgrades my-app as in production, as Deployments: the test of a canary switches to it. */
export const install = (...args: string[]): Promise<void> =>
  installProduction(
    ...['--values', 'test/platform/observability/values.yaml'],
    ...['--set', 'global.config.LOG_LEVEL=info', '--set', 'global.defaults.rollout.strategy=none'],
    ...['--set', `alertmanagerConfig.pagerdutyUrl=${receiversUrl}/v2/enqueue`],
    ...args,
  );
