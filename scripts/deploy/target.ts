import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { environments } from '../chart/paths.ts';
import { CommandError } from '../shared/command.ts';

/** Where a release is installed, and with which values. */
export interface Target {
  /** As a person names it to the commands. */
  readonly name: string;
  readonly namespace: string;
  readonly valuesFiles: readonly string[];
}

export const releaseName = 'my-app';

/** An environment of deploy/environments, in a namespace of its own. */
export function environment(name: string): Target {
  const file = join(environments, `${name}.yaml`);
  if (!/^[a-z][a-z0-9-]*$/.test(name) || !existsSync(file)) {
    throw new CommandError(`no environment ${name}: deploy/environments/${name}.yaml is not there`);
  }
  return { name, namespace: `my-app-${name}`, valuesFiles: [file] };
}
