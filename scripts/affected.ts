/**
 * Prints the services that a change concerns, as a JSON array for a job matrix:
 *   npm run --silent affected -- --base origin/main
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { affectedServices } from './affected/services.ts';
import { readWorkspaces, serviceFolders } from './affected/workspaces.ts';

const root = join(import.meta.dirname, '..');
const { base } = parseArgs({ options: { base: { type: 'string' } } }).values;
if (!base) {
  console.error('usage: npm run affected -- --base <commit or branch>');
  process.exit(1);
}

/** Since the base was left; a renamed file counts with both its names. */
const diff = spawnSync('git', ['diff', '--name-only', '--no-renames', '-z', `${base}...HEAD`], {
  cwd: root,
  encoding: 'utf8',
});
const workspaces = readWorkspaces(root);
const files = diff.stdout.split('\0').filter(Boolean);
const known = diff.status === 0;
if (!known) {
  // The first push of a branch and a forced one name a base that is not there.
  console.error(`affected: no diff from ${base}, so all services: ${diff.stderr.trim()}`);
}
console.log(
  JSON.stringify(known ? affectedServices(files, workspaces) : serviceFolders(workspaces)),
);
