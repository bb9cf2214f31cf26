/**
 * Makes what is made: proto/gen from the proto files, and the README's table of settings from the
 * services' schemas. `--check` fails when what is committed is not what they give.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateProto } from './generate/proto.ts';
import { withSettings } from './generate/settings.ts';

const root = join(import.meta.dirname, '..');
const readmePath = join(root, 'README.md');
const readme = readFileSync(readmePath, 'utf8');

function protoIsCurrent(): boolean {
  const fresh = mkdtempSync(join(tmpdir(), 'my-app-gen-'));
  try {
    generateProto(fresh);
    execFileSync('git', ['diff', '--no-index', '--stat', 'proto/gen', join(fresh, 'gen')], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

if (process.argv.includes('--check')) {
  const stale = [
    ...(protoIsCurrent() ? [] : ['proto/gen']),
    ...(withSettings(readme) === readme ? [] : ['README.md']),
  ];
  if (stale.length > 0) {
    console.error(`${stale.join(' and ')} not current: run \`npm run generate\` and commit it`);
    process.exitCode = 1;
  }
} else {
  generateProto(join(root, 'proto'));
  writeFileSync(readmePath, withSettings(readme));
}
