import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, services } from '../scripts/services.ts';

test('docker buildx bake builds every service', () => {
  const bake = readFileSync(join(root, 'docker-bake.hcl'), 'utf8');
  const [, list] = /variable "SERVICES" \{\s+default = (\[.*\])/.exec(bake) ?? [];
  expect(JSON.parse(`${list}`)).toEqual(services);
});
