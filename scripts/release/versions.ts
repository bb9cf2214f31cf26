import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, parseDocument } from 'yaml';
import { services } from '../chart/paths.ts';

/** Where a release's version stands. The workspaces and the charts inside the umbrella are not released. */
const places: { file: string; keys: string[] }[] = [
  { file: 'package.json', keys: ['version'] },
  { file: 'package-lock.json', keys: ['version', 'packages//version'] },
  { file: 'charts/my-app/Chart.yaml', keys: ['version', 'appVersion'] },
  // The default tag of the images.
  ...services.map((service) => ({
    file: `charts/my-app/charts/${service}/Chart.yaml`,
    keys: ['appVersion'],
  })),
];

const path = (key: string): string[] => key.split('/');

/** The versions that stand in the files of a repository, as `file key` → version. */
export function readVersions(root: string): Map<string, string> {
  return new Map(
    places.flatMap(({ file, keys }) => {
      const document = parseDocument(readFileSync(join(root, file), 'utf8'));
      return keys.map((key) => [`${file} ${key}`, `${document.getIn(path(key))}`] as const);
    }),
  );
}

export function writeVersions(root: string, version: string): void {
  for (const { file, keys } of places) {
    const source = join(root, file);
    const text = readFileSync(source, 'utf8');
    writeFileSync(
      source,
      file.endsWith('.json') ? inJson(text, keys, version) : inYaml(text, keys, version),
    );
  }
}

function inYaml(text: string, keys: string[], version: string): string {
  const document: Document = parseDocument(text);
  for (const key of keys) document.setIn(path(key), version);
  return document.toString({ lineWidth: 0 });
}

function inJson(text: string, keys: string[], version: string): string {
  const value = JSON.parse(text);
  for (const key of keys) {
    const names = path(key);
    const last = names.pop() ?? '';
    names.reduce((object, name) => object[name], value)[last] = version;
  }
  return `${JSON.stringify(value, null, 2)}\n`;
}
