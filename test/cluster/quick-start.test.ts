import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from '@my-app/test-support/cleanup';
import { requireCluster } from '@my-app/test-support/cluster/cluster';
import { root, run } from '@my-app/test-support/cluster/command';
import { namespace } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { helm } from '@my-app/test-support/cluster/release';
import { freePorts } from '@my-app/test-support/ports';
import { expect, it } from 'vitest';

/** Runs the README's commands unchanged, except for the namespace and the port. */
it("follows the README's quick start and gets both messages", async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const block = /```sh\n(docker build [\s\S]*?helm upgrade --install [^`]*)```/.exec(readme)?.[1];
  const forward = /```sh\n(kubectl port-forward .*)\n```/.exec(readme)?.[1];
  const restart = /`(kubectl rollout restart [^`]*)`/.exec(readme)?.[1];
  assert(block && forward && restart, 'the README has commands to build, load, install, forward');
  const [port] = await freePorts(1);
  const kubeconfig = await kubeconfigOf(namespace);
  const shell = (command: string): Promise<string> =>
    run('env', [`KUBECONFIG=${kubeconfig}`, 'sh', '-c', command]);

  atEnd(() => helm('uninstall', 'my-app', '--ignore-not-found', '--wait'));
  const { name } = await requireCluster();
  await shell(`set -e\n${block.replace('--name my-app', `--name ${name}`)}`);
  const forwarding = spawn('sh', ['-c', `exec ${forward.replace('8012', String(port))}`], {
    stdio: 'ignore',
    env: { ...process.env, KUBECONFIG: kubeconfig },
  });
  atEnd(() => forwarding.kill());
  const curl = `curl --silent --fail localhost:${port}/ping_service_a`;
  const answer = await eventually(() => shell(curl), { withinMs: 60_000 });
  expect(answer).toBe(
    '{"message":"Hello from Service B!","service_a":{"message":"Hello from Service A!"}}',
  );

  // A new build has the same tag: without this, its pods would not run it.
  const pods = 'kubectl get pods --selector app.kubernetes.io/instance=my-app --output name';
  const before = await shell(pods);
  await shell(restart);
  await shell(`kubectl rollout status --timeout 2m deployment/my-app-service-a`);
  expect(await shell(pods)).not.toBe(before);
});

/** A copy of the current kubeconfig with this namespace as the default. */
async function kubeconfigOf(name: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'e2e-'));
  atEnd(() => rm(directory, { recursive: true }));
  const path = join(directory, 'kubeconfig');
  const current = await run('kubectl', ['config', 'view', '--raw', '--minify', '--flatten']);
  await writeFile(path, current, { mode: 0o600 });
  await run('kubectl', [
    ...['--kubeconfig', path, 'config', 'set-context', '--current', '--namespace', name],
  ]);
  return path;
}
