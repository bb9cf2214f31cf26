import { configRows } from '@my-app/service-kit/runtime';
import { settings as serviceA } from '../../service-a/src/settings.ts';
import { settings as serviceB } from '../../service-b/src/settings.ts';

const begin = '<!-- settings: written by `npm run generate` -->\n';
const end = '<!-- /settings -->';

/** A README with the settings of both services between its two marks. */
export function withSettings(readme: string): string {
  const before = readme.indexOf(begin) + begin.length;
  return readme.slice(0, before) + table() + readme.slice(readme.indexOf(end));
}

function table(): string {
  const rowsOfA = configRows(serviceA);
  const rowsOfB = configRows(serviceB);
  const common = rowsOfA.filter((row) => isIn(rowsOfB, row));
  const own = (rows: string[][]) => rows.filter((row) => !isIn(common, row));
  const lines = [
    ['service', 'variable', 'allowed', 'default', 'meaning'],
    Array(5).fill('---'),
    ...own(rowsOfA).map((row) => ['A', ...cells(row)]),
    ...own(rowsOfB).map((row) => ['B', ...cells(row)]),
    ...common.map((row) => ['both', ...cells(row)]),
  ];
  return `${lines.map((line) => `| ${line.join(' | ')} |`).join('\n')}\n`;
}

const isIn = (rows: string[][], row: string[]): boolean =>
  rows.some((other) => other.join() === row.join());

const cells = ([name, allowed, byDefault, meaning]: string[]): string[] => [
  `\`${name}\``,
  (allowed ?? '').replaceAll('|', '\\|'),
  `${byDefault}`,
  `${meaning}`,
];
