/** Checks that Node.js can run each file: its type stripping rejects code that tsc and Biome accept, such as `for (const of of [1])`. */
import { globSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';

const isInstalled = (name: string): boolean => name.endsWith('node_modules');
for (const file of globSync('{.ci,proto,service-*,test,tools}/**/*.ts', { exclude: isInstalled })) {
  try {
    stripTypeScriptTypes(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(file, { cause: error });
  }
}
