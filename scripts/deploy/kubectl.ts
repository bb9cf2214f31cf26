import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { CommandError, run } from '../shared/command.ts';
import type { Target } from './target.ts';

export const kubectl = ({ namespace }: Pick<Target, 'namespace'>, ...args: string[]) =>
  run('kubectl', ['--namespace', namespace, ...args]);

/** Creates or changes the objects of a manifest. */
export async function apply(...objects: object[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  await run('kubectl', ['apply', '--server-side', '--filename', '-'], list);
}

/** The labels that make the API server refuse pods below the restricted Pod Security Standard. */
export const restricted = {
  'pod-security.kubernetes.io/enforce': 'restricted',
  'pod-security.kubernetes.io/warn': 'restricted',
};

/** Makes the namespace of an environment; one that is there is left as its owners made it. */
export async function ensureNamespace({ namespace }: Target): Promise<void> {
  const found = await run('kubectl', [
    ...['get', 'namespace', namespace, '--ignore-not-found', '--output', 'name'],
  ]);
  if (found.trim()) return;
  await apply({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels: restricted },
  });
}

/** The ready pods of one service of a release that are to stay. */
export async function readyPods(
  target: Target,
  release: string,
  service: string,
): Promise<string[]> {
  const selector = `app.kubernetes.io/name=${service},app.kubernetes.io/instance=${release}`;
  const { items } = JSON.parse(
    await kubectl(target, 'get', 'pods', '--selector', selector, '--output', 'json'),
  ) as { items: Pod[] };
  return items.filter(isReady).map(({ metadata }) => metadata.name);
}

interface Pod {
  metadata: { name: string; deletionTimestamp?: string };
  status: { conditions?: { type: string; status: string }[] };
}

const isReady = ({ metadata, status }: Pod): boolean =>
  !metadata.deletionTimestamp &&
  (status.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');

/** Gives the work the address of one pod's port, through the API server. */
export async function forwarded<Result>(
  { namespace }: Target,
  pod: string,
  port: number,
  work: (address: string) => Promise<Result>,
): Promise<Result> {
  const child = spawn(
    'kubectl',
    ['--namespace', namespace, 'port-forward', `pod/${pod}`, `:${port}`],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  try {
    const address = await new Promise<string>((resolve, reject) => {
      createInterface(child.stdout).on('line', (line) => {
        const [, found] = /^Forwarding from (127\.0\.0\.1:\d+)/.exec(line) ?? [];
        if (found) resolve(`http://${found}`);
      });
      child.on('close', () => reject(new CommandError(`port-forward to ${pod}: ${errors.trim()}`)));
    });
    return await work(address);
  } finally {
    child.kill();
  }
}

/** What the cluster knows of a release that does not work. */
export async function diagnosis(target: Target): Promise<string> {
  const queries = [
    ['get', 'pods', '--output', 'wide'],
    ['get', 'events', '--sort-by', '.lastTimestamp'],
    [
      'logs',
      '--selector',
      'app.kubernetes.io/part-of=my-app',
      '--prefix',
      '--tail',
      '20',
      '--max-log-requests',
      '50',
    ],
  ];
  const answers = queries.map(async (query) => {
    const text = await kubectl(target, ...query).catch((error: Error) => error.message);
    return `--- kubectl ${query.join(' ')}\n${text.trim().split('\n').slice(-40).join('\n')}`;
  });
  return (await Promise.all(answers)).join('\n');
}
