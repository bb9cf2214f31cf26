import { join } from 'node:path';
import { environments, root } from '../chart/paths.ts';
import { CommandError, run, secondsSince } from '../shared/command.ts';
import * as helm from './helm.ts';
import type { Images } from './images.ts';
import { apply, diagnosis, kubectl, restricted } from './kubectl.ts';
import { releaseName, type Target } from './target.ts';
import { verify } from './verify.ts';

const label = 'my-app/preview';
const expiry = 'my-app/expires-at';

export interface Preview {
  readonly name: string;
  readonly namespace: string;
  readonly expiresAt: Date;
}

/** One for each pull request, by its number. */
function preview(name: string): Target {
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(name)) {
    throw new CommandError(`${name}: a preview is named by the number of its pull request`);
  }
  return {
    name: `preview ${name}`,
    namespace: `my-app-preview-${name}`,
    valuesFiles: [join(environments, 'preview.yaml')],
  };
}

export interface UpOptions {
  readonly images: Images;
  /** Counted from now: what is still worked on is deployed again, and lives longer. */
  readonly hours: number;
  /** Names under it lead to the cluster's ingress. */
  readonly domain?: string | undefined;
}

/** Makes or renews a preview and returns how to reach it. */
export async function up(name: string, { images, hours, domain }: UpOptions): Promise<string> {
  const started = performance.now();
  const target = preview(name);
  const expiresAt = new Date(Date.now() + hours * 3_600_000).toISOString();
  await apply({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: target.namespace,
      labels: { ...restricted, [label]: name },
      annotations: { [expiry]: expiresAt },
    },
  });
  await kubectl(target, 'apply', '--server-side', '--filename', join(root, 'deploy/preview'));
  const host = domain && `preview-${name}.${domain}`;
  const wanted = new Map([...(await helm.runningImages(target, releaseName)), ...images]);
  try {
    await helm.upgrade(target, releaseName, wanted, host ? ingress(host) : []);
    const proof = await verify(target);
    console.error(`${target.name} is up in ${secondsSince(started)}: ${proof}`);
  } catch (error) {
    throw new CommandError(
      `${await diagnosis(target)}\n${target.name}: ${(error as Error).message}`,
    );
  }
  const address = host
    ? `https://${host}/ping_service_a`
    : `kubectl --namespace ${target.namespace} port-forward service/${releaseName}-service-b 8012, then http://localhost:8012/ping_service_a`;
  return `${address} (until ${expiresAt})`;
}

const ingress = (host: string): string[] => [
  'service-b.ingress.enabled=true',
  `service-b.ingress.hosts[0].host=${host}`,
  'service-b.ingress.hosts[0].paths[0].path=/',
  'service-b.ingress.hosts[0].paths[0].pathType=Prefix',
];

export async function list(): Promise<Preview[]> {
  const found = await run('kubectl', [
    ...['get', 'namespaces', '--selector', label, '--output', 'json'],
  ]);
  const { items } = JSON.parse(found) as { items: Namespace[] };
  return items
    .filter(({ status }) => status.phase === 'Active')
    .map(({ metadata }) => ({
      name: metadata.labels[label] ?? '',
      namespace: metadata.name,
      expiresAt: new Date(metadata.annotations?.[expiry] ?? 0),
    }));
}

interface Namespace {
  metadata: {
    name: string;
    labels: Record<string, string>;
    annotations?: Record<string, string>;
  };
  status: { phase: string };
}

/** Removes a preview and all that is in it; nothing where it is gone. */
export async function down(name: string): Promise<void> {
  const { namespace } = preview(name);
  // By its label too: this must never remove a namespace that is no preview.
  const selector = `${label}=${name},kubernetes.io/metadata.name=${namespace}`;
  await run('kubectl', ['delete', 'namespaces', '--selector', selector, '--timeout', '3m']);
}

/** Removes the previews whose time is over, and returns their names. */
export async function expire(now = new Date()): Promise<string[]> {
  const over = (await list()).filter(({ expiresAt }) => expiresAt <= now).map(({ name }) => name);
  for (const name of over) await down(name);
  return over;
}
