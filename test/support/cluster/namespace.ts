import { run } from './command.ts';
import { namespace } from './environment.ts';

/** Makes the namespace of the tests anew, and gives what removes it, unless E2E_KEEP is set. */
export async function newNamespace(labels: Record<string, string>): Promise<() => Promise<void>> {
  await run('kubectl', ['delete', 'namespace', namespace, '--ignore-not-found']);
  await run('kubectl', ['create', '--filename', '-'], {
    input: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels },
    }),
  });
  return async () => {
    if (process.env.E2E_KEEP) console.log(`kept: kubectl delete namespace ${namespace}`);
    else await run('kubectl', ['delete', 'namespace', namespace]);
  };
}

export const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };
