/**
 * Prepares a release, and gives its notes:
 *
 *   npm run release -- 1.2.0           writes the version and the changelog, for a pull request
 *   npm run release -- notes v1.2.0    what release.yml writes beside the tag; fails where versions disagree
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './chart/paths.ts';
import { notes, releaseChangelog } from './release/changelog.ts';
import { readVersions, writeVersions } from './release/versions.ts';
import { CommandError, main } from './shared/command.ts';

const changelog = join(root, 'CHANGELOG.md');
const text = readFileSync(changelog, 'utf8');
const [first = '', second = ''] = process.argv.slice(2);

await main(async () => {
  if (first === 'notes') console.log(notesOf(second.replace(/^v/, '')));
  else prepare(first);
});

function notesOf(version: string): string {
  const other = [...readVersions(root)].find(([, found]) => found !== version);
  if (other) throw new CommandError(`the tag says ${version}, but ${other[0]} is ${other[1]}`);
  return notes(text, version);
}

function prepare(version: string): void {
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new CommandError('usage: npm run release -- 1.2.0');
  const today = new Date().toISOString().slice(0, 10);
  writeFileSync(changelog, releaseChangelog(text, version, today));
  writeVersions(root, version);
  console.log(`Review and commit it. When it is on main and published there:
  git tag --sign v${version} --message v${version} && git push origin v${version}`);
}
