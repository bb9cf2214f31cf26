import { requireCluster, requireTools } from '@my-app/test-support/cluster/cluster';
import { CommandError, run } from '@my-app/test-support/cluster/command';
import { namespace } from '@my-app/test-support/cluster/environment';
import { buildImages } from '@my-app/test-support/cluster/images';
import { publish } from '@my-app/test-support/cluster/published';
import { useCollectorConfig } from './support/collector.ts';
import { install } from './support/install.ts';
import { startReceivers } from './support/receivers.ts';

const needed = [
  'crd/podmonitors.monitoring.coreos.com',
  'crd/alertmanagerconfigs.monitoring.coreos.com',
  'crd/rollouts.argoproj.io',
  'crd/certificates.cert-manager.io',
  'service/otel-collector',
  'service/jaeger',
  'service/victoria-logs',
];

/** Once: installs my-app as in production, beside the platform's programs, which are there already. */
export async function setup(): Promise<() => Promise<void>> {
  await requireTools('kubectl', 'docker', 'helm');
  const cluster = await requireCluster();
  await run('kubectl', ['--namespace', 'observability', 'get', ...needed]).catch(({ message }) => {
    throw new CommandError(
      `helmfile --file deploy/platform/helmfile.yaml --selector group=observability sync, and the groups delivery, certificates: ${message}`,
    );
  });
  process.env.E2E_IMAGES ??= JSON.stringify(await publish(await buildImages(cluster)));
  await run('kubectl', ['create', '--filename', '-'], {
    input: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: namespace,
        labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
      },
    }),
  });
  await useCollectorConfig();
  await startReceivers();
  await install();
  await notice();
  return async () => {
    if (process.env.E2E_KEEP) console.log(`kept: kubectl delete namespace ${namespace}`);
    else await run('kubectl', ['delete', 'namespace', namespace]);
  };
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
