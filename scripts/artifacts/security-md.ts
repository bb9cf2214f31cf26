import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../chart/paths.ts';

export const document = readFileSync(join(root, 'SECURITY.md'), 'utf8');

/** The commands that SECURITY.md prints for verifying an image. */
export const verifyCommands = [...document.matchAll(/```sh\n(cosign [^`]+)```/g)].map(
  ([, command]) => command ?? '',
);
