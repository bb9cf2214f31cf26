import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from '../../e2e/support/command.ts';
import type { OpenLoopOptions, OpenLoopResult } from '../lib/open-loop.ts';

const bench = join(import.meta.dirname, '..');
const sources = ['cluster/send.ts', 'lib/open-loop.ts', 'lib/statistics.ts'];
const node = '/nodejs/bin/node';
const name = 'load';

/** Starts a pod that makes load from inside the cluster: these sources, run by the Node.js of Service A's image. */
export async function startLoadPod(namespace: string, image: string): Promise<void> {
  const data = Object.fromEntries(
    sources.map((file) => [basename(file), readFileSync(join(bench, file), 'utf8')]),
  );
  const items = sources.map((path) => ({ key: basename(path), path }));
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
  await create(namespace, configMap);
  await create(namespace, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      restartPolicy: 'Never',
      activeDeadlineSeconds: 3600, // Ends it even where the command that started it died.
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65532,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name,
          image,
          command: [node, '--eval', 'setInterval(() => {}, 1e9)'],
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [{ name, mountPath: '/bench' }],
        },
      ],
      volumes: [{ name, configMap: { name, items } }],
    },
  });
  await run('kubectl', ['--namespace', namespace, 'wait', '--for=condition=Ready', `pod/${name}`]);
}

async function create(namespace: string, object: object): Promise<void> {
  await run('kubectl', ['--namespace', namespace, 'create', '-f', '-'], {
    input: JSON.stringify(object),
  });
}

/** Has the pod offer a load, and gives what came of it. */
export async function offer(namespace: string, load: OpenLoopOptions): Promise<OpenLoopResult> {
  const command = [node, '/bench/cluster/send.ts', JSON.stringify(load)];
  return JSON.parse(
    await run('kubectl', ['--namespace', namespace, 'exec', name, '--', ...command]),
  );
}
