import { run } from '@my-app/test-support/cluster/command';
import { namespace } from '@my-app/test-support/cluster/environment';
import { commandsIn } from './docs.ts';

const openbao = (...args: string[]) => run('kubectl', ['--namespace', 'openbao', ...args]);

/** Runs the commands by which docs/secrets.md lets a namespace read its secrets and have certificates signed. */
export async function allowNamespace(): Promise<void> {
  const commands =
    commandsIn('secrets.md', 'bao policy write') + commandsIn('secrets.md', 'bao write pki');
  const script = commands.replaceAll('my-app-production', namespace);
  await openbao('exec', 'deployment/openbao', '--', 'sh', '-ec', script);
}

/** Stores what is under a key of the engine `secret`. */
export async function put(key: string, data: Record<string, string>): Promise<void> {
  const pairs = Object.entries(data).map(([name, value]) => `${name}=${value}`);
  await openbao('exec', 'deployment/openbao', '--', 'bao', 'kv', 'put', `secret/${key}`, ...pairs);
}

/** Stops OpenBao, or starts it again, where a development server has forgotten everything. */
export async function scale(replicas: 0 | 1): Promise<void> {
  await openbao('scale', 'deployment/openbao', `--replicas=${replicas}`);
  if (replicas) await openbao('rollout', 'status', 'deployment/openbao', '--timeout=120s');
  else await openbao('wait', 'pod', '--selector=app=openbao', '--for=delete', '--timeout=60s');
}
