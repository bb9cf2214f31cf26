import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../chart/paths.ts';

/** The commands that SECURITY.md prints for verifying an image. */
export function documentedCommands(): string[] {
  const text = readFileSync(join(root, 'SECURITY.md'), 'utf8');
  return [...text.matchAll(/```sh\n(cosign [^`]+)```/g)].map(([, command]) => command ?? '');
}
