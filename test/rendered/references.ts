import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../tools/services.ts';
import { objects, read, render, renderReleased } from './render.ts';

/** The groups of Kubernetes itself, and of Gateway API, which clusters bring. */
const builtIn =
  /^(v1|apps|batch|policy|autoscaling|[\w.]*(networking|authorization|admissionregistration)\.k8s\.io)(\/|$)/;

/**
 * What deploy/, the chart and the tests of the platform expect of the charts in deploy/platform/helmfile.yaml, sorted:
 * services as `NAME.NAMESPACE:PORT`, custom resources as `GROUP/VERSION KIND`.
 */
export function references(): string[] {
  return [...new Set([...services(), ...customResources()])].sort();
}

function services(): string[] {
  const [{ releases }] = read('deploy/platform/helmfile.yaml');
  const namespaces = releases.map(({ namespace }: { namespace: string }) => namespace).join('|');
  const host = new RegExp(
    `\\b([\\w-]+)\\.(${namespaces}):(\\d+)|'(${namespaces})/([\\w-]+):(\\d+)`,
    'g',
  );
  const files = [
    'deploy/**/*.yaml',
    'charts/my-app/values.yaml',
    'test/{platform,delivery}/**/*.ts',
  ];
  return globSync(files, { cwd: root })
    .flatMap((file) => [...readFileSync(join(root, file), 'utf8').matchAll(host)])
    .map(([, name, namespace, port, namespace2, name2, port2]) =>
      name ? `${name}.${namespace}:${port}` : `${name2}.${namespace2}:${port2}`,
    );
}

function customResources(): string[] {
  const plain = globSync('deploy/{access,argocd,policy,secrets,signatures}/*.yaml', { cwd: root });
  const manifests = [
    ...plain.flatMap((file) => objects(readFileSync(join(root, file), 'utf8'))),
    ...renderReleased('environments/production.yaml'),
    ...renderReleased('environments/production.yaml', 'platform/istio.yaml'),
    ...globSync('charts/my-app/ci/*.yaml', { cwd: root }).flatMap((file) =>
      render('charts/my-app', file),
    ),
  ];
  return manifests
    .filter(({ apiVersion }) => !builtIn.test(apiVersion))
    .map(({ apiVersion, kind }) => `${apiVersion} ${kind}`);
}
