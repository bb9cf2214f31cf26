import { run } from '../shared/command.ts';

/**
 * The files that differ between HEAD and where it left the base, a renamed one under both its names;
 * undefined where the base is not in this clone.
 */
export async function changedSince(base: string): Promise<string[] | undefined> {
  const diff = ['diff', '--name-only', '--no-renames', '-z', `${base}...HEAD`];
  return run('git', diff).then(
    (names) => names.split('\0').filter(Boolean),
    () => undefined,
  );
}
