import { CommandError } from '../shared/command.ts';

const heading = '## Unreleased';

/** Turns what is unreleased into a version. */
export function releaseChangelog(text: string, version: string, date: string): string {
  if (!section(text, heading)) {
    throw new CommandError(`CHANGELOG.md: nothing under "${heading}" to release`);
  }
  return text.replace(heading, `${heading}\n\n## ${version} - ${date}`);
}

/** What CHANGELOG.md says of a version. */
export function notes(text: string, version: string): string {
  const found = section(text, `## ${version} - `);
  if (!found) throw new CommandError(`CHANGELOG.md: no section "## ${version} - <date>"`);
  return found;
}

function section(text: string, start: string): string {
  const part = text.split(/^(?=## )/m).find((one) => one.startsWith(start)) ?? '';
  return part.slice(part.indexOf('\n')).trim();
}
