import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '@my-app/test-support/cluster/command';

/** The block of a page of docs/ that begins so. @throws Error if there is none */
function blockIn(page: string, language: string, start: string): string {
  const text = readFileSync(join(root, 'docs', page), 'utf8');
  const fenced = new RegExp(`^\`\`\`${language}\\n(.+?)^\`\`\`$`, 'gms');
  const blocks = [...text.matchAll(fenced)].map(([, block]) => block ?? '');
  const found = blocks.find((block) => block.startsWith(start));
  if (!found) throw new Error(`docs/${page} has no block of ${language} that begins with ${start}`);
  return found;
}

/** Shell commands of a page of docs/. */
export const commandsIn = (page: string, start: string): string => blockIn(page, 'sh', start);

/** Runs `use` with the options of helm for values that pages of docs/ tell users to add. */
export async function withValuesIn(
  blocks: [page: string, start: string][],
  use: (options: string[]) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'my-app-documented-'));
  const options = blocks.flatMap(([page, start], index) => {
    const file = join(folder, `${index}.yaml`);
    writeFileSync(file, blockIn(page, 'yaml', start));
    return ['--values', file];
  });
  await use(options).finally(() => rmSync(folder, { recursive: true }));
}
