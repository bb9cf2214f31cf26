import { run } from '@my-app/test-support/cluster/command';
import { namespace } from '@my-app/test-support/cluster/environment';
import { commandsIn } from './docs.ts';

const openbao = (...args: string[]) => run('kubectl', ['--namespace', 'openbao', ...args]);

/** The server: a StatefulSet of the upstream chart, but a Deployment will do. */
async function server(): Promise<string> {
  const workloads = await openbao('get', 'statefulsets,deployments', '--output=name');
  const found = workloads.split('\n').find((name) => name.endsWith('/openbao'));
  if (!found) throw new Error(`no server among ${workloads}`);
  return found;
}

/** Runs a script in the server's container, as root of a development server. */
const execute = async (script: string) =>
  openbao('exec', await server(), '--', 'sh', '-ec', `export BAO_TOKEN=root\n${script}`);

/** Runs the commands by which docs/secrets.md lets a namespace read its secrets and have certificates signed. */
export async function allowNamespace(): Promise<void> {
  const once = commandsIn('secrets.md', 'bao auth enable');
  await execute(`bao auth list | grep -q ^kubernetes/ || {\n${once}}`);
  const commands =
    commandsIn('secrets.md', 'bao policy write') + commandsIn('secrets.md', 'bao write pki');
  await execute(commands.replaceAll('my-app-production', namespace));
}

/** Stores what is under a key of the engine `secret`. */
export async function put(key: string, data: Record<string, string>): Promise<void> {
  const pairs = Object.entries(data).map(([name, value]) => `'${name}=${value}'`);
  await execute(`bao kv put secret/${key} ${pairs.join(' ')}`);
}

/** Stores what docs/secrets.md has a release fetch for a trace collector. */
export const tracing = (token: string, ca: string): Promise<void> =>
  put('my-app/otlp', { headers: `authorization=Bearer ${token}`, 'ca.crt': ca });

/** Stops OpenBao, or starts it again, where a development server has forgotten everything. */
export async function scale(replicas: 0 | 1): Promise<void> {
  const workload = await server();
  await openbao('scale', workload, `--replicas=${replicas}`);
  if (replicas) {
    await openbao('rollout', 'status', workload, '--timeout=120s');
    return;
  }
  const { spec } = JSON.parse(await openbao('get', workload, '--output=json'));
  const labels = Object.entries(spec.selector.matchLabels).map((entry) => entry.join('='));
  await openbao('wait', 'pod', `--selector=${labels}`, '--for=delete', '--timeout=60s');
}
