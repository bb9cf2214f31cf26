/**
 * Does what a section of docs/how-to.md says, in the current folder: `node apply.ts 'Add an endpoint'`. A `ts` block goes into the
 * file that its first line names, an `sh` block is run.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const [title = ''] = process.argv.slice(2);
const section = readFileSync('docs/how-to.md', 'utf8')
  .split(/^## /m)
  .find((text) => text.startsWith(`${title}\n`));
const blocks = [...(section ?? '').matchAll(/^```(ts|sh)\n([\s\S]*?)^```$/gm)];
if (blocks.length === 0)
  throw new Error(`docs/how-to.md has no section "${title}" with a block of code`);
for (const [, language, text = ''] of blocks) {
  const [, file, code = ''] = /^\/\/ (\S+)\n([\s\S]*)$/.exec(text) ?? [];
  if (language === 'sh') execFileSync('bash', ['-euxc', text], { stdio: 'inherit' });
  else if (file) writeFileSync(file, code);
}
