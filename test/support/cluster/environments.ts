import { atEnd } from '../cleanup.ts';
import { run } from './command.ts';
import { restricted } from './namespace.ts';

/** Runs kubectl in the namespace, with the object on standard input. */
export const kubectlIn = (namespace: string, args: string[], object?: object): Promise<string> =>
  run(
    'kubectl',
    ['--namespace', namespace, ...args],
    object ? { input: JSON.stringify(object) } : {},
  );

/** Checks with a dry run whether the API server would create the object in the namespace; throws if it rejects it. */
export const admitIn = (namespace: string, object: object): Promise<string> =>
  kubectlIn(namespace, ['create', '--dry-run=server', '-f', '-'], object);

/** Makes namespaces with the names of environments, for policies that are applied as committed. Removes at the end those that it made. */
export async function environmentNamespaces(...names: string[]): Promise<void> {
  for (const name of names) {
    const get = ['get', 'namespace', name, '--ignore-not-found', '--output=name'];
    if (await run('kubectl', get)) continue;
    atEnd(() => run('kubectl', ['delete', 'namespace', name]));
    const metadata = { name, labels: restricted };
    await kubectlIn(name, ['create', '-f', '-'], { apiVersion: 'v1', kind: 'Namespace', metadata });
  }
}
