import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from '@my-app/test-support/cleanup';
import { root, run } from '@my-app/test-support/cluster/command';
import {
  admitIn,
  environmentNamespaces,
  kubectlIn,
} from '@my-app/test-support/cluster/environments';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { nodePod } from '@my-app/test-support/cluster/node-pod';
import { publishedRegistry } from '@my-app/test-support/cluster/published';
import { beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';

const registry = await publishedRegistry();
let keys = '';
/** Where images are pushed, by the registry's private address, at which Kyverno expects HTTP. */
let host = '';

/** The policy as committed, but with a key in the place of build.yml's identity. */
beforeAll(async () => {
  const [name = '', port] = registry.pull.split(':');
  const address = '{{.NetworkSettings.Networks.kind.IPAddress}}';
  const ip = (await run('docker', ['inspect', '--format', address, name])).trim();
  host = registry.push.replace(/^[^/]+/, `${ip}:${port}`);
  keys = await mkdtemp(join(tmpdir(), 'e2e-signatures-'));
  atEnd(() => rm(keys, { recursive: true }));
  for (const name of ['ours', 'foreign']) {
    const output = `--output-key-prefix=${join(keys, name)}`;
    await run('env', ['COSIGN_PASSWORD=', 'cosign', 'generate-key-pair', output]);
  }
  const policy = parse(await readFile(join(root, 'deploy/signatures/signatures.yaml'), 'utf8'));
  policy.spec.attestors[0].cosign = {
    key: { data: await readFile(join(keys, 'ours.pub'), 'utf8') },
    ctlog: { insecureIgnoreTlog: true, insecureIgnoreSCT: true },
  };
  atEnd(() => run('kubectl', ['delete', 'imagevalidatingpolicy', policy.metadata.name]));
  await environmentNamespaces('my-app-staging');
  await kubectlIn('my-app-staging', ['apply', '--server-side', '-f', '-'], policy);
});

/** A new image in the registry, by digest, with no signature yet. */
async function unsignedImage(): Promise<string> {
  const tag = randomUUID();
  const image = `${registry.push}/signatures:${tag}`;
  const input = `FROM scratch\nWORKDIR /${tag}\n`;
  await run('docker', ['build', '--quiet', '--tag', image, '-'], { input });
  await run('docker', ['push', '--quiet', image]);
  const digest = ['imagetools', 'inspect', image, '--format', '{{.Manifest.Digest}}'];
  return `signatures@${(await run('docker', ['buildx', ...digest])).trim()}`;
}

async function sign(image: string, key: 'ours' | 'foreign'): Promise<void> {
  const environment = ['COSIGN_PASSWORD=', `COSIGN_KEY=${join(keys, `${key}.key`)}`];
  await run('env', [...environment, 'tools/release/sign', `${registry.push}/${image}`]);
}

function podOf(image: string, initImage = image): object {
  const pod = nodePod('e2e-signatures', []);
  const [container] = pod.spec.containers;
  const containers = [{ ...container, image: `${host}/${image}` }];
  const initContainers = [{ ...container, name: 'init', image: `${host}/${initImage}` }];
  return { ...pod, spec: { ...pod.spec, containers, initContainers } };
}

it('admits an image only if it is signed with our key', async () => {
  const refused = 'only images signed by build.yml on main may run here';
  const [image, other] = [await unsignedImage(), await unsignedImage()];
  // A policy takes a moment to be enforced.
  await eventually(() => expect(admitIn('my-app-staging', podOf(image))).rejects.toThrow(refused), {
    withinMs: 60_000,
  });
  await sign(image, 'foreign');
  await expect(admitIn('my-app-staging', podOf(image))).rejects.toThrow(refused);
  await sign(image, 'ours');
  await admitIn('my-app-staging', podOf(image));
  await expect(admitIn('my-app-staging', podOf(image, other))).rejects.toThrow(refused);
});
