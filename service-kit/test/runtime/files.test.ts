import { fileURLToPath } from 'node:url';
import Type from 'typebox';
import { expect, test } from 'vitest';
import { checkFiles } from '../../src/runtime/files.ts';
import { setting } from '../../src/runtime/setting.ts';

const schema = Type.Object({ CA_FILE: setting.file('a bundle') });
const here = fileURLToPath(import.meta.url);

test('a file that can be read, an empty variable and one that is not set pass', () => {
  for (const CA_FILE of [here, '', undefined]) checkFiles(schema, { CA_FILE });
});

test.each([
  ['/nowhere/ca.crt', 'CA_FILE=/nowhere/ca.crt cannot be read: ENOENT'],
  [import.meta.dirname, `CA_FILE=${import.meta.dirname} cannot be read: it is a directory`],
])('%s does not', (CA_FILE, message) => {
  expect(() => checkFiles(schema, { CA_FILE })).toThrow(message);
});
