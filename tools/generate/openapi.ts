import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Service } from '@my-app/service-kit/runtime';
import { root, services } from '../services.ts';

/** On free ports, and without a word. */
const env = {
  HOST: '127.0.0.1',
  HTTP_PORT: '0',
  GRPC_PORT: '0',
  ADMIN_PORT: '0',
  LOG_LEVEL: 'silent',
};

/** `openapi.json` of each service: the document that it serves. */
export function openApiFiles(): Promise<[string, string][]> {
  return Promise.all(
    services.map(async (name) => [`${name}/openapi.json`, await documentOf(name)]),
  );
}

async function documentOf(name: string): Promise<string> {
  const main = await import(pathToFileURL(join(root, name, 'src/main.ts')).href);
  const [service] = Object.values(main) as [Service];
  const { ports, stop } = await service.start(env);
  const response = await fetch(`http://127.0.0.1:${ports.http}/openapi.json`);
  const text = JSON.stringify(await response.json(), null, 2);
  await stop();
  return `${text}\n`;
}
