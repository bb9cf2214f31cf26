import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '../..');
/** Where everything is put that is made for a run. */
export const cache = join(root, 'node_modules/.cache/bench');

/** Makes the services' bundles as their images have them, and those of the floor in the same way. */
export async function makeBundles(): Promise<void> {
  mkdirSync(cache, { recursive: true });
  for (const service of ['service-a', 'service-b']) {
    const script = join(root, 'scripts/bundle.ts');
    const options = [script, service, join(cache, service)];
    const { status, stderr } = spawnSync(process.execPath, options, { cwd: root });
    if (status !== 0) throw new Error(`${service} cannot be bundled: ${stderr}`);
  }
  await build({
    absWorkingDir: root,
    entryPoints: ['service-a', 'service-b', 'proxy'].map((name) => `bench/floor/${name}.ts`),
    outdir: join(cache, 'floor'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
}

export const bundled = {
  serviceA: join(cache, 'service-a/main.mjs'),
  serviceB: join(cache, 'service-b/main.mjs'),
  floorA: join(cache, 'floor/service-a.mjs'),
  floorB: join(cache, 'floor/service-b.mjs'),
  floorProxy: join(cache, 'floor/proxy.mjs'),
};
