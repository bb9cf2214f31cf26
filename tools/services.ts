/**
 * The only definition of which services exist: the npm workspaces that have a `src/main.ts`.
 * Run as a program, it prints them with their default ports as JSON, for the Tiltfile and shell scripts.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TObject } from 'typebox';

export const root = join(import.meta.dirname, '..');

const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Names of the services, which are also their folder names, in alphabetical order. */
export const services: string[] = globSync(workspaces, { cwd: root })
  .filter((folder) => existsSync(join(root, folder, 'src/main.ts')))
  .sort();

/** The settings schema of a service, from its `src/settings.ts`. */
export async function settingsOf(service: string): Promise<TObject> {
  // As a URL: an absolute path is none on Windows, and in one, `#` or `%` of a folder's name would mean something else.
  return (await import(pathToFileURL(join(root, service, 'src/settings.ts')).href)).settings;
}

/** Whether a setting is a port that the service always opens. */
export const isServed = (name: string, schema: object): boolean =>
  name.endsWith('_PORT') && 'default' in schema;

/** Default ports of a service by name, such as `{ http: 8011 }`, from its settings `*_PORT` that it always opens. */
export async function portsOf(service: string): Promise<Record<string, number>> {
  const ports = Object.entries((await settingsOf(service)).properties)
    .filter(([name, schema]) => isServed(name, schema))
    .map(([name, schema]) => [
      name.replace('_PORT', '').toLowerCase(),
      (schema as { default?: unknown }).default,
    ]);
  return Object.fromEntries(ports);
}

if (import.meta.main) {
  const entries = services.map(async (name) => [name, await portsOf(name)]);
  console.log(JSON.stringify(Object.fromEntries(await Promise.all(entries))));
}
