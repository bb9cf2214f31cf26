import { run } from '@my-app/test-support/cluster/command';
import { prepare } from '../production.ts';
import { useCollectorConfig } from './support/collector.ts';
import { install } from './support/install.ts';
import { startReceivers } from './support/receivers.ts';

/** Once: installs my-app as in production, beside the platform's programs, which are there already. */
export async function setup(): Promise<() => Promise<void>> {
  const backends = ['service/otel-collector', 'service/jaeger', 'service/victoria-logs'];
  const remove = await prepare({
    groups: 'certificates delivery observability',
    needed: [...backends, '--namespace=observability'],
  });
  await useCollectorConfig();
  await startReceivers();
  await install();
  await notice();
  return remove;
}

/** Has the kubelet hand changed rules and routes to Prometheus and Alertmanager now, and not within a minute. */
async function notice(): Promise<void> {
  const pods = await run('kubectl', [
    ...['--namespace', 'monitoring', 'get', 'pods', '--output=name'],
    ...['--selector', 'app.kubernetes.io/name in (prometheus, alertmanager)'],
  ]);
  await run('kubectl', [
    ...['--namespace', 'monitoring', 'annotate', '--overwrite'],
    ...[...pods.trim().split('\n'), `noticed=${Date.now()}`],
  ]);
}
