/**
 * mise run platform:names: writes deploy/platform/upstream.lock, what the charts of the helmfile create of that which this
 * repository refers to. With --check it fails instead if the file is out of date. Needs the network, so CI runs it each night.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../tools/services.ts';
import { references } from '../rendered/references.ts';
import { objects } from '../rendered/render.ts';

const lock = join(root, 'deploy/platform/upstream.lock');

const helmfile = (...args: string[]) =>
  execFileSync('helmfile', ['--file', 'deploy/platform/helmfile.yaml', ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/** What a release creates: `NAME.NAMESPACE:PORT` of its services, `GROUP/VERSION KIND` of its custom resources. */
function createdBy(release: { name: string; namespace: string }): string[] {
  const args = ['template', '--include-crds', '--skip-tests'];
  return objects(helmfile('--selector', `name=${release.name}`, ...args)).flatMap(
    ({ kind, metadata, spec }) => {
      if (kind === 'Service') {
        const host = `${metadata.name}.${metadata.namespace ?? release.namespace}`;
        return (spec.ports ?? []).map(({ port }: { port: number }) => `${host}:${port}`);
      }
      if (kind !== 'CustomResourceDefinition') return [];
      const served = spec.versions.filter((version: { served: boolean }) => version.served);
      return served.map(({ name }: { name: string }) => `${spec.group}/${name} ${spec.names.kind}`);
    },
  );
}

const created = new Set(JSON.parse(helmfile('list', '--output', 'json')).flatMap(createdBy));
const text = references()
  .filter((name) => created.has(name))
  .map((name) => `${name}\n`)
  .join('');
if (!process.argv.includes('--check')) writeFileSync(lock, text);
else if (readFileSync(lock, 'utf8') !== text) {
  console.error(`deploy/platform/upstream.lock is out of date: mise run platform:names\n${text}`);
  process.exitCode = 1;
}
