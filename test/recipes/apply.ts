/**
 * Does what a page of the docs says, or one of its sections, in the current folder:
 * `node apply.ts docs/how-to.md 'Add an endpoint'`. A block goes into the file that its first line names, a `diff` is applied, an
 * `sh` block is run.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const [page = '', title] = process.argv.slice(2);
const text = readFileSync(page, 'utf8');
const section = title ? text.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) : text;
const blocks = [...(section ?? '').matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
if (blocks.length === 0) throw new Error(`${page} has no section "${title}" with a block of code`);
for (const [, language, block = ''] of blocks) {
  const [, file, code = ''] = /^(?:\/\/|--|#) (\S+\/\S+)\n([\s\S]*)$/.exec(block) ?? [];
  if (language === 'sh') execFileSync('bash', ['-euxc', block], { stdio: 'inherit' });
  else if (language === 'diff') applyDiff(block);
  else if (file) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, code);
  }
}

/** One line of context has to match: another recipe may have changed the other. */
function applyDiff(block: string): void {
  const options = ['apply', '-C1', '--whitespace=nowarn'];
  execFileSync('git', options, { input: block, stdio: ['pipe', 'inherit', 'inherit'] });
}
