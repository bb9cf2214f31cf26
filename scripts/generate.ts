/**
 * Makes what is made: proto/gen from the proto files, and the README's table of settings from the
 * services' schemas. `--check` fails when what is committed is not what they give.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { generateProto } from './generate/proto.ts';
import { withSettings } from './generate/settings.ts';

const root = join(import.meta.dirname, '..');
const readmePath = join(root, 'README.md');
const readme = readFileSync(readmePath, 'utf8');

/** The files of a folder with what is in them, by their paths below it. */
function contents(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.map((file) => [relative(folder, file), readFileSync(file, 'utf8')]));
}

/** What proto/gen should be; throws where buf found a mistake, and has said which. */
function generated(): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'my-app-gen-'));
  try {
    generateProto(folder);
    return contents(join(folder, 'gen'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const gen = join(root, 'proto/gen');
const fresh = generated();
const committed = contents(gen);
const changed = [...fresh].filter(([file, text]) => committed.get(file) !== text);
const gone = [...committed.keys()].filter((file) => !fresh.has(file));

if (process.argv.includes('--check')) {
  const stale = [
    ...[...changed.map(([file]) => file), ...gone].map((file) => `proto/gen/${file}`),
    ...(withSettings(readme) === readme ? [] : ['README.md']),
  ];
  if (stale.length > 0) {
    console.error(`not current: ${stale.join(', ')}: run \`npm run generate\` and commit it`);
    process.exitCode = 1;
  }
} else {
  // Only what differs is touched: services that run under a watcher see one edit, and never a gap.
  for (const [file, text] of changed) {
    mkdirSync(dirname(join(gen, file)), { recursive: true });
    writeFileSync(join(gen, file), text);
  }
  for (const file of gone) rmSync(join(gen, file));
  if (withSettings(readme) !== readme) writeFileSync(readmePath, withSettings(readme));
}
