import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { atEnd } from '../test/support/cleanup.ts';
import { freePorts } from '../test/support/ports.ts';
import { root, run } from './support/command.ts';
import { images, namespace } from './support/environment.ts';
import { eventually } from './support/eventually.ts';
import { helm, imageValues } from './support/release.ts';

/** The README's commands, in the tests' namespace, with their images, and on a port that is free. */
it("follows the README's quick start and gets both messages", async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const block = /```sh\n(helm upgrade --install my-app [\s\S]*?)```/.exec(readme)?.[1];
  const [port] = await freePorts(1);
  const commands = block?.replaceAll(/localhost:8012|8012(?=:8012)/g, (text) =>
    text.replace('8012', String(port)),
  );
  const [install, forward, curl] = commands?.split('\n') ?? [];
  assert(install && forward && curl, 'the README says how to install, forward and ask');
  const kubeconfig = await kubeconfigOf(namespace);
  const shell = (command: string): Promise<string> =>
    run('env', [`KUBECONFIG=${kubeconfig}`, 'sh', '-c', command]);

  atEnd(() => helm('uninstall', 'my-app', '--ignore-not-found', '--wait'));
  const started = performance.now();
  await shell(`${install} ${imageValues(images()).join(' ')}`);
  const forwarding = spawn('sh', ['-c', `exec ${forward}`], {
    stdio: 'ignore',
    env: { ...process.env, KUBECONFIG: kubeconfig },
  });
  atEnd(() => forwarding.kill());
  const answer = await eventually(() => shell(`${curl} --silent --fail`), { withinMs: 60_000 });
  expect(answer).toBe(
    '{"message":"Hello from Service B!","service_a":{"message":"Hello from Service A!"}}',
  );
  console.log(
    `both messages ${Math.round(performance.now() - started)} ms after the first command`,
  );
});

/** kubectl's settings as they are, with this namespace as the default. */
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
