import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '@my-app/test-support/cluster/command';

/** The shell commands of a page of docs/ that begin so. @throws Error if there are none */
export function commandsIn(page: string, start: string): string {
  const text = readFileSync(join(root, 'docs', page), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n(.+?)^```$/gms)].map(([, block]) => block ?? '');
  const found = blocks.find((block) => block.startsWith(start));
  if (!found) throw new Error(`docs/${page} has no commands that begin with ${start}`);
  return found;
}
