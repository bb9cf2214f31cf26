import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../services.ts';

/** Flux's GitRepository of a release, with the commit in the place of what it was pinned to. */
export function pinnedSource(source: string, revision: string): string {
  return source.replace(/^( *ref:).*$/m, `$1 { commit: ${revision} }`);
}

/** Pins the environment's chart in deploy/flux to the commit. */
export function pinSource(environment: string, revision: string): void {
  const file = join(root, `deploy/flux/${environment}/release.yaml`);
  writeFileSync(file, pinnedSource(readFileSync(file, 'utf8'), revision));
}
