import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { getCACertificates } from 'node:tls';
import type { TObject } from 'typebox';
import { ConfigError, facts } from './config.ts';

/**
 * Checks that the files that settings name can be read.
 *
 * @throws ConfigError that names the variable and the reason
 */
export function checkFiles(schema: TObject, env: NodeJS.ProcessEnv): void {
  for (const [name, property] of Object.entries(schema.properties)) {
    const path = env[name];
    const problem = facts(property).file && path ? problemOf(path) : undefined;
    if (problem) throw new ConfigError(`${name}=${path} cannot be read: ${problem}`);
  }
  // Read by Node.js, before its permissions apply. It only warns of a file that it cannot use.
  const { NODE_EXTRA_CA_CERTS: extra } = env;
  if (extra && getCACertificates('extra').length === 0) {
    throw new ConfigError(`NODE_EXTRA_CA_CERTS=${extra} is no file with certificates (PEM)`);
  }
}

function problemOf(path: string): string | undefined {
  try {
    if (statSync(path).isDirectory()) return 'it is a directory';
    accessSync(path, constants.R_OK);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ERR_ACCESS_DENIED' ? denied(path) : message;
  }
}

/** NODE_OPTIONS adds to what the command line of the image allows: https://nodejs.org/api/permissions.html */
function denied(path: string): string {
  const folders = process.execArgv
    .filter((flag) => flag.startsWith('--allow-fs-read='))
    .map((flag) => flag.replace('--allow-fs-read=', ''));
  return `Node.js may read only below ${folders.join(', ')}: mount it there, or add --allow-fs-read=${dirname(path)} to NODE_OPTIONS`;
}
