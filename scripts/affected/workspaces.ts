import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Workspace {
  readonly name: string;
  readonly folder: string;
  readonly dependencies: readonly string[];
  /** Services are the workspaces that an image is built from. */
  readonly isService: boolean;
}

const readJson = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

export function readWorkspaces(root: string): Workspace[] {
  const folders: string[] = readJson(join(root, 'package.json')).workspaces;
  return folders.map((folder) => {
    const { name, dependencies = {} } = readJson(join(root, folder, 'package.json'));
    return {
      name,
      folder,
      dependencies: Object.keys(dependencies),
      isService: existsSync(join(root, folder, 'Dockerfile')),
    };
  });
}

export const serviceFolders = (workspaces: readonly Workspace[]): string[] =>
  workspaces.filter(({ isService }) => isService).map(({ folder }) => folder);
