import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, services } from '../services.ts';

/** `docker-bake.hcl` with the list of services that `docker buildx bake` builds. */
export function bakeFile(): string {
  const list = JSON.stringify(services).replaceAll(',', ', ');
  return readFileSync(join(root, 'docker-bake.hcl'), 'utf8').replace(
    /(variable "SERVICES" \{\s+default = ).*/,
    `$1${list}`,
  );
}
