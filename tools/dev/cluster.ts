/**
 * Manages the development cluster of tools/dev/ctlptl.yaml, KinD with a registry and metrics-server:
 * `mise run cluster [create|delete|status]`. `create` keeps a running cluster.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const name = 'kind-my-app';
const commands: Record<string, { run: () => number; tools: string[] }> = {
  create: { run: create, tools: ['ctlptl', 'helm', 'helmfile', 'kind', 'kubectl'] },
  delete: { run: remove, tools: ['ctlptl', 'kind'] },
  status: { run: status, tools: ['kubectl'] },
};

function create(): number {
  if (answers()) {
    console.log(`${name} is already running`);
    return run('kubectl', 'config', 'use-context', name) || addMirror() || addMetricsServer();
  }
  return (
    needDocker() ||
    run('ctlptl', 'apply', '--filename', 'tools/dev/ctlptl.yaml') ||
    addMirror() ||
    addMetricsServer()
  );
}

/**
 * Makes the registry a mirror of ghcr.io: manifests that name released images run unchanged, with images that were pushed to
 * localhost:5001. What the registry lacks is pulled from ghcr.io. https://github.com/containerd/containerd/blob/main/docs/hosts.md
 */
function addMirror(): number {
  const folder = '/etc/containerd/certs.d/ghcr.io';
  const hosts = `server = "https://ghcr.io"

[host."http://my-app-registry:5000"]
  capabilities = ["pull", "resolve"]
`;
  const command = `mkdir -p ${folder} && cat >${folder}/hosts.toml`;
  const nodes = spawnSync('kind', ['get', 'nodes', '--name', 'my-app'], { encoding: 'utf8' });
  const failed = nodes.stdout
    .trim()
    .split('\n')
    .map((node) => spawnSync('docker', ['exec', '-i', node, 'sh', '-c', command], { input: hosts }))
    .find(({ status }) => status !== 0);
  if (failed) console.error(`cluster: no mirror of ghcr.io: ${failed.stderr}`);
  return failed ? 1 : 0;
}

/** The autoscaler needs it, and KinD does not include it. */
function addMetricsServer(): number {
  const found = spawnSync('kubectl', ['get', 'apiservice', 'v1beta1.metrics.k8s.io']);
  if (found.status === 0) return 0;
  return run('helmfile', '--file', 'tools/dev/helmfile.yaml', 'sync');
}

/** Keeps the registry, so that the next cluster can use the images pushed to it. */
function remove(): number {
  return needDocker() || run('ctlptl', 'delete', 'cluster', name, '--ignore-not-found');
}

function status(): number {
  if (answers()) return run('kubectl', '--context', name, 'get', 'nodes');
  console.error(`${name} is not running: \`mise run cluster\` creates it`);
  return 1;
}

function answers(): boolean {
  const args = ['--context', name, '--request-timeout', '5s', 'get', '--raw', '/readyz'];
  return spawnSync('kubectl', args).status === 0;
}

function needDocker(): number {
  const docker = spawnSync('docker', ['info']);
  if (docker.status === 0) return 0;
  console.error(
    docker.error
      ? 'docker not found: see https://docs.docker.com/get-docker/'
      : 'docker is not running: start it',
  );
  return 1;
}

function run(tool: string, ...args: string[]): number {
  const root = join(import.meta.dirname, '../..');
  return spawnSync(tool, args, { cwd: root, stdio: 'inherit' }).status ?? 1;
}

const [command = 'create'] = process.argv.slice(2);
const action = commands[command];
const missing = (action?.tools ?? []).filter((tool) => spawnSync(tool, ['--help']).error);
if (!action) {
  console.error(
    `cluster: unknown command ${command}, use one of ${Object.keys(commands).join(', ')}`,
  );
} else if (missing.length > 0) {
  console.error(`cluster: ${missing.join(', ')} not found: run \`mise install\``);
}
process.exitCode = action && missing.length === 0 ? action.run() : 1;
