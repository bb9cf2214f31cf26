import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { releaseFile } from '../../tools/release/release-file.ts';
import { root, services } from '../../tools/services.ts';

// biome-ignore lint/suspicious/noExplicitAny: manifests of any kind
export type Manifest = any;

const commit = '0123456789abcdef0123456789abcdef01234567';

/** An image of each service, as the pipeline names them. */
export const releasedImages = services.map(
  (name, i) => `ghcr.io/my-org/my-app/${name}@sha256:${`${i}`.repeat(64)}`,
);

/** The committed file, parsed. */
export const read = (path: string): Manifest[] => objects(readFileSync(join(root, path), 'utf8'));

/** What the chart renders with the values of files in deploy/, and with a release file, as after a release. */
export function renderReleased(...files: string[]): Manifest[] {
  const folder = mkdtempSync(join(tmpdir(), 'my-app-release-'));
  try {
    const release = join(folder, 'release.yaml');
    writeFileSync(release, releaseFile(commit, ...releasedImages));
    return render('charts/my-app', ...files.map((file) => `deploy/${file}`), release);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// ring: argocd begin
/** What a pull request's commit renders, with the parameters of deploy/argocd/previews.yaml. */
export const renderPreview = (...options: string[]): Manifest[] =>
  helm(
    'charts/my-app',
    ...['--values', 'deploy/environments/preview.yaml'],
    ...['--set-string', `global.image.tag=${commit}`, ...options],
  );
// ring: argocd end

/** @throws Error with Helm's message */
export const render = (chart: string, ...values: string[]): Manifest[] =>
  helm(chart, ...values.flatMap((file) => ['--values', file]));

function helm(chart: string, ...options: string[]): Manifest[] {
  const args = ['template', 'my-app', chart, '--kube-version', '1.37.0', ...options];
  return objects(execFileSync('helm', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }));
}

/** The objects of a YAML stream. */
export function objects(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS({ maxAliasCount: -1 }))
    .filter(Boolean);
}

/** Every pod of the objects: of workloads and hooks alike. */
export function podsOf(manifests: Manifest[]): Manifest[] {
  return manifests
    .map(({ kind, spec }) => (kind === 'Pod' ? spec : spec?.template?.spec))
    .filter((pod) => pod?.containers);
}

/** Each image that a pod names. */
export const imagesOf = (manifests: Manifest[]): string[] =>
  podsOf(manifests).flatMap(({ containers, initContainers = [], volumes = [] }) => [
    ...[...containers, ...initContainers].map(({ image }: { image: string }) => image),
    ...volumes.flatMap(({ image }: { image?: { reference: string } }) => image?.reference ?? []),
  ]);

/** The regular expressions of deploy/policy/images.yaml: for environments, and for previews. */
const [byDigest = /$^/, byCommit = /$^/] = [
  ...JSON.stringify(read('deploy/policy/images.yaml')).matchAll(/image\.matches\('(.+?)'\)/g),
].map(([, expression]) => new RegExp(JSON.parse(`"${expression}"`)));
export const admitted = { byDigest, byCommit };
