import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** A place where a scan was told to be silent. */
export interface Suppression {
  readonly where: string;
  readonly line: string;
  /** The comment beside it. */
  readonly comment: string;
}

const most = 9;

/** How the scanners are silenced: in their own files, and by comments and annotations in the files that they read. */
const configured: Record<string, RegExp> = {
  '.trivyignore': /^[^#\s]/,
  '.gitleaksignore': /^[^#\s]/,
  '.gitleaks.toml': /^\[\[(rules\.)?allowlists\]\]/,
  '.hadolint.yaml': /^\s*- (DL|SC)\d+/,
  '.checkov.yaml': /^\s*- CKV2?_/,
  'scripts/scan/scans.ts': /^\s*'--skip-files=/,
  '.polaris.yaml': /: ignore\b|^\s*- (namespace|controllerNames):/,
  '.github/zizmor.yml': /^\s*disable: true|^\s+- [\w.-]+\.ya?ml/,
};
const comment =
  /(#|\/\/).*(nosemgrep|gitleaks:allow|hadolint ignore=|checkov:skip=|trivy:ignore|zizmor: ignore)/;
const annotation = /^\s*(polaris\.fairwinds\.com\/[\w-]*exempt|checkov\.io\/skip\d*):/;

/** Prose, and what names the comments in order to find or test them. */
const notScanned = /\.md$|^scripts\/scan\/|^\.semgrep\//;

/** Every suppression in the current repository. */
export function findSuppressions(): Suppression[] {
  return filesOfRepository()
    .filter((file) => file in configured || !notScanned.test(file))
    .flatMap((file) => suppressionsIn(file, readFileSync(file, 'utf8')));
}

export function suppressionsIn(file: string, text: string): Suppression[] {
  const lines = text.split('\n');
  const silences = (line: string): boolean =>
    configured[file]?.test(line) || comment.test(line) || annotation.test(line);
  return lines.flatMap((line, index) => {
    if (!silences(line)) return [];
    return [{ where: `${file}:${index + 1}`, line: line.trim(), comment: commentAt(lines, index) }];
  });
}

/** What is wrong with a suppression; undefined when it has a reason and a date. */
export function complaint({ comment }: Suppression): string | undefined {
  const words = comment.match(/\p{L}{2,}/gu)?.length ?? 0;
  if (words < 4) return 'has no reason beside it';
  if (!/\b20\d\d-\d\d-\d\d\b/.test(comment)) return 'has no date beside it';
  return undefined;
}

/** The comment lines right above, and what stands behind a # on the line itself. */
function commentAt(lines: readonly string[], index: number): string {
  const above: string[] = [];
  for (let at = index - 1; /^\s*(#|\/\/)/.test(lines[at] ?? ''); at--) {
    if (comment.test(lines[at] ?? '')) break;
    above.unshift(lines[at] ?? '');
  }
  const own = lines[index]?.match(/(?:#|\/\/)(.*)$/)?.[1] ?? '';
  return [...above, own.replace(comment, '')].join(' ');
}

function filesOfRepository(): string[] {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const output = execFileSync('git', list, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return output.split('\0').filter((file) => file !== '' && existsSync(file));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const suppressions = findSuppressions();
  for (const suppression of suppressions) {
    const wrong = complaint(suppression);
    if (wrong) process.exitCode = 1;
    console.log(`${suppression.where}  ${suppression.line}${wrong ? `: ${wrong}` : ''}`);
  }
  if (suppressions.length > most) {
    console.log(`${suppressions.length} suppressions are too many: at most ${most}`);
    process.exitCode = 1;
  }
}
