import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What to do about a program that is not there, in one line; undefined when it is. */
export function missingTool(tool: string): string | undefined {
  if (isOnPath(tool)) return undefined;
  const pin = pins().get(tool);
  if (!pin) return `${tool} is not installed`;
  return `${tool} ${pin.version} is not installed: mise install ${pin.name}`;
}

interface Pin {
  /** As mise knows the tool, with its backend where mise's own registry does not have it. */
  readonly name: string;
  readonly version: string;
}

/** The tools of mise.toml, by the name of their program. */
export function pins(): Map<string, Pin> {
  const text = readFileSync(new URL('../../mise.toml', import.meta.url), 'utf8');
  const lines = text.matchAll(/^"?(?<name>[\w:/-]+?)"? = (?:\{ version = )?"(?<version>[\d.]+)"/gm);
  return new Map(
    lines.map(({ groups: { name = '', version = '' } = {} }) => [
      name.split('/').at(-1) ?? name,
      { name, version },
    ]),
  );
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
