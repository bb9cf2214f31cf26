import { requireCluster, requireTools } from '@my-app/test-support/cluster/cluster';
import { CommandError, run } from '@my-app/test-support/cluster/command';
import { release } from '@my-app/test-support/cluster/environment';
import { buildImages } from '@my-app/test-support/cluster/images';
import { kubectl } from '@my-app/test-support/cluster/kubectl';
import { newNamespace, restricted } from '@my-app/test-support/cluster/namespace';
import { deploy } from '@my-app/test-support/cluster/release';
import { allowNamespace, put } from './support/openbao.ts';

const needed = [
  'certificates.cert-manager.io',
  'externalsecrets.external-secrets.io',
  'sealedsecrets.bitnami.com',
  'verticalpodautoscalers.autoscaling.k8s.io',
  'rollouts.argoproj.io',
];

/** Once: installs my-app with what guards it on, beside the platform's programs, which are there already. */
export async function setup(): Promise<() => Promise<void>> {
  await requireTools('kubectl', 'docker', 'helm', 'kubeseal');
  const cluster = await requireCluster();
  await run('kubectl', ['get', 'crd', ...needed]).catch(({ message }) => {
    throw new CommandError(
      `helmfile --file deploy/platform/helmfile.yaml --selector group=certificates sync, and the groups secrets, autoscaling, delivery: ${message}`,
    );
  });
  process.env.E2E_IMAGES ??= JSON.stringify(await buildImages(cluster));
  const remove = await newNamespace(restricted);
  await allowNamespace();
  await put('my-app/tracing', { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer one' });
  await kubectl('apply', '--filename', 'deploy/secrets');
  await deploy(release, '--values', 'test/platform/guard/values.yaml');
  return remove;
}
