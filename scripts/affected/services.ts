import { matchesGlob } from 'node:path';
import { serviceFolders, type Workspace } from './workspaces.ts';

/**
 * What only the tests and the scans look at, and these run on every change. All else that belongs to
 * no service concerns all of them, so that no file is forgotten.
 */
const unrelated = [
  '**/*.md',
  '**/*.md.gotmpl',
  '**/test/**',
  'charts/my-app/tests/**',
  'charts/my-app/ci/**',
  'scripts/**/*.{test,spec}.ts',
  'scripts/scan/**',
  '.semgrep/**',
  '.checkov.yaml',
  '.gitleaks.toml',
  '.hadolint.yaml',
  '.polaris.yaml',
  '.editorconfig',
  '.gitattributes',
  '.gitignore',
  'LICENSE',
  'biome.json',
  'renovate.json',
  'vitest.config.ts',
  'Tiltfile',
];

const subcharts = 'charts/my-app/charts/';

/** Which services have to be built and deployed again after a change of these files, in the workspaces' order. */
export function affectedServices(
  files: readonly string[],
  workspaces: readonly Workspace[],
): string[] {
  const all = serviceFolders(workspaces);
  const affected = new Set(files.flatMap((file) => servicesOf(file, workspaces)));
  return all.filter((service) => affected.has(service));
}

function servicesOf(file: string, workspaces: readonly Workspace[]): string[] {
  if (unrelated.some((glob) => matchesGlob(file, glob))) return [];
  const all = serviceFolders(workspaces);
  const chartOf = all.find((service) => file.startsWith(`${subcharts}${service}/`));
  if (chartOf) return [chartOf];
  const changed = workspaces.find(({ folder }) => file.startsWith(`${folder}/`));
  if (!changed) return all;
  const users = workspaces.filter((workspace) => uses(workspace, changed.name, workspaces));
  return serviceFolders(users);
}

function uses(user: Workspace, name: string, workspaces: readonly Workspace[]): boolean {
  if (user.name === name) return true;
  return workspaces
    .filter((workspace) => user.dependencies.includes(workspace.name))
    .some((dependency) => uses(dependency, name, workspaces));
}
