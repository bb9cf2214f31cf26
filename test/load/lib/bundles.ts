import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root, services } from '../../../tools/services.ts';

/** Where the bundles are. */
export const cache = join(root, 'node_modules/.cache/bench');

/** Bundles the services as for their images, and the floor in the same way. */
export async function makeBundles(): Promise<void> {
  for (const service of services) {
    const script = [join(root, 'tools/release/bundle.ts'), service, join(cache, service)];
    execFileSync(process.execPath, script, { cwd: root });
  }
  await build({
    absWorkingDir: root,
    entryPoints: ['test/load/floor/*.ts'],
    outdir: join(cache, 'floor'),
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node26',
    logLevel: 'warning',
  });
}

/** The command that starts a service's bundle as its image does; `folder` has those of another commit. */
export function shippedCommand(service: string, folder = cache): string[] {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
  const [, entrypoint = '[]'] = [...dockerfile.matchAll(/^ENTRYPOINT (.+)$/gm)].at(-1) ?? [];
  const [, ...args]: string[] = JSON.parse(entrypoint);
  return [process.execPath, ...args.map((arg) => arg.replaceAll('/app', join(folder, service)))];
}

export const floorCommand = (name: string): string[] => [
  process.execPath,
  join(cache, 'floor', `${name}.cjs`),
];
