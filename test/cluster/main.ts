/**
 * mise run e2e: builds the images, installs the chart into a temporary namespace of the KinD cluster of
 * kubectl's current context, tests it there, and removes it again.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { requireCluster, requireTools } from '@my-app/test-support/cluster/cluster';
import { CommandError, root, run } from '@my-app/test-support/cluster/command';
import { buildImages } from '@my-app/test-support/cluster/images';

const help = `mise run e2e [options] [test file…]

  --keep            keeps the namespace
  --namespace NAME  tests the release that runs there, only with tests that do not disturb it
  --release NAME    name of that release (default: my-app)
  --project NAME    runs another project of vitest.config.ts (default: cluster)
`;

// Ctrl-C also reaches the running commands: they fail, and the cleanup below runs.
let interrupted = false;
let tests: ChildProcess | undefined;
process.on('SIGINT', () => {
  interrupted = true;
});
process.on('SIGTERM', () => {
  interrupted = true;
  tests?.kill();
});

async function main(): Promise<number> {
  const { values: options, positionals: files } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean' },
      keep: { type: 'boolean' },
      namespace: { type: 'string' },
      release: { type: 'string', default: 'my-app' },
      project: { type: 'string', default: 'cluster' },
    },
  });
  if (options.help) {
    console.log(help);
    return 0;
  }
  if (options.namespace) {
    await requireTools('kubectl', 'helm');
    return runTests('cluster', ['smoke'], options.namespace, options.release);
  }
  // One of the tests, the README's quick start, needs `kind`.
  await requireTools('kubectl', 'helm', 'docker', 'kind');
  const cluster = await requireCluster();
  const images = await buildImages(cluster);
  const namespace = `my-app-e2e-${randomBytes(3).toString('hex')}`;
  try {
    await createNamespace(namespace);
    if (interrupted) return 130;
    return await runTests(options.project, files, namespace, 'e2e', {
      E2E_IMAGES: JSON.stringify(images),
      ...(!cluster.hasMetrics && { E2E_NO_METRICS: 'true' }),
    });
  } finally {
    if (options.keep) console.log(`kept: kubectl delete namespace ${namespace}`);
    else await run('kubectl', ['delete', 'namespace', namespace, '--ignore-not-found']);
  }
}

async function createNamespace(name: string): Promise<void> {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
  await run('kubectl', ['create', '-f', '-'], { input: JSON.stringify(namespace) });
}

async function runTests(
  project: string,
  filters: string[],
  namespace: string,
  release: string,
  env: Record<string, string> = {},
): Promise<number> {
  tests = spawn(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--project',
      project,
      '--reporter',
      'verbose',
      ...filters,
    ],
    {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        E2E_NAMESPACE: namespace,
        E2E_RELEASE: release,
        ...env,
      },
    },
  );
  const [code] = await once(tests, 'exit');
  return code ?? 130;
}

try {
  process.exitCode = await main();
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  if (!(error instanceof CommandError || code?.startsWith('ERR_PARSE_ARGS'))) throw error;
  console.error(`e2e: ${message}`);
  process.exitCode = interrupted ? 130 : 1;
}
