import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
export const umbrella = join(root, 'charts/my-app');
const subcharts = join(umbrella, 'charts');
export const environments = join(root, 'deploy/environments');

export const services = readdirSync(subcharts).filter((name) => name !== 'common');

export function yamlFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(folder, name));
}
