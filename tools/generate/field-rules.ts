import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../services.ts';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/**
 * The proto files with the rules of their fields: `nameRule` of `name.ts`, beside the proto file, becomes the line
 * `name must …` of a comment.
 *
 * @throws Error if there is no such line
 */
export async function protoWithRules(): Promise<Map<string, string>> {
  const texts = new Map(
    globSync('proto/*/v*/*.proto', { cwd: root }).map((one) => [one, read(one)]),
  );
  for (const file of globSync('proto/*/v*/*.ts', { cwd: root })) {
    const field = basename(file, '.ts');
    const rule = (await import(pathToFileURL(join(root, file)).href))[`${field}Rule`];
    const line = new RegExp(`^( *// )${field} must .*$`, 'm');
    const found = [...texts].find(
      ([one, text]) => dirname(one) === dirname(file) && line.test(text),
    );
    if (!found)
      throw new Error(
        `${file}: no rule of ${field}: add a comment "${field} must …" to the proto file`,
      );
    const [contract, text] = found;
    texts.set(
      contract,
      text.replace(line, (_, start) => `${start}${field} ${rule}.`),
    );
  }
  return texts;
}
