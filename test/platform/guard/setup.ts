import { rootCertificates } from 'node:tls';
import { kubectl } from '@my-app/test-support/cluster/kubectl';
import { install, prepare, rolledOut } from '../production.ts';
import { withValuesIn } from './support/docs.ts';
import { allowNamespace, put, tracing } from './support/openbao.ts';

/** Once: installs my-app as in production, with what the docs tell users to add, beside the programs of the platform. */
export async function setup(): Promise<() => Promise<void>> {
  const remove = await prepare({
    groups: 'autoscaling certificates delivery observability, and mise run platform:secrets',
    needed: [
      'crd/externalsecrets.external-secrets.io',
      'crd/sealedsecrets.bitnami.com',
      'crd/verticalpodautoscalers.autoscaling.k8s.io',
    ],
    tools: ['kubeseal'],
  });
  await allowNamespace();
  await tracing('one', rootCertificates[0] ?? '');
  const unused = 'https://alerts.example';
  await put('my-app/alerting', {
    'slack-url': unused,
    'pagerduty-key': 'key',
    'dead-mans-switch-url': unused,
  });
  await kubectl('apply', '--filename', 'deploy/secrets');
  await withValuesIn(
    [
      ['secrets.md', 'externalSecrets:'],
      ['secrets.md', 'global:\n  config:\n    OTEL_EXPORTER_OTLP_CERTIFICATE'],
      ['operations.md', 'global:\n  defaults:\n    verticalPodAutoscaler'],
    ],
    (documented) => install(...documented, '--values', 'test/platform/guard/values.yaml'),
  );
  await rolledOut();
  return remove;
}
