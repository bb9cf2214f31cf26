import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../chart/paths.ts';

/** A component of a CycloneDX document. */
export interface Component {
  readonly 'bom-ref': string;
  readonly type: 'library' | 'application';
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly cpe?: string;
  readonly hashes?: { alg: string; content: string }[];
  readonly licenses?: { expression: string }[];
}

interface LockedPackage {
  version?: string;
  integrity?: string;
  license?: string;
  resolved?: string;
  link?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

export type Lockfile = Record<string, LockedPackage>;

export const lockfile = (): Lockfile =>
  JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;

/**
 * Every npm package that a workspace can load at run time, by following package-lock.json the way
 * Node.js does. Not by `npm sbom --omit dev`, which leaves out what a development dependency of the
 * root needs as well, nor from the image, where a bundle no longer tells its packages.
 */
export function npmComponents(folder: string, lock: Lockfile): Component[] {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    const { dependencies, optionalDependencies } = lock[path] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const target = resolve(path, name, lock);
      if (target) visit(target);
      else if (!optionalDependencies?.[name]) throw new Error(`${path}: ${name} is not locked`);
    }
  };
  visit(folder);
  return [...found]
    .filter((path) => path.includes('node_modules/'))
    .sort()
    .map((path) => component(path, lock[path] ?? {}));
}

/** Where `require(name)` in a package leads: the nearest node_modules, through a workspace's link. */
function resolve(from: string, name: string, lock: Lockfile): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const path = folder ? `${folder}/node_modules/${name}` : `node_modules/${name}`;
    const entry = lock[path];
    if (entry) return entry.link ? entry.resolved : path;
    if (!folder) return undefined;
  }
}

function component(path: string, { version = '', integrity, license }: LockedPackage): Component {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const sha512 = /sha512-(\S+)/.exec(integrity ?? '')?.[1];
  return {
    // Two packages may hold the same version of a third, each its own copy.
    'bom-ref': `${purl}?path=${path}`,
    type: 'library',
    name,
    version,
    purl,
    ...(sha512 && {
      hashes: [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }],
    }),
    ...(license && { licenses: [{ expression: license }] }),
  };
}
