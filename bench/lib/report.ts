import { cpus, release, totalmem } from 'node:os';
import { pinned } from './cpus.ts';
import { httpLoadTool } from './http-load.ts';
import type { Row } from './rounds.ts';
import type { StartUp } from './start-up.ts';

/** On what a run was made: a figure is of its machine. */
export function machine(
  load = `${httpLoadTool}${pinned ? ', on one core; the servers share another' : ''}`,
): Record<string, string> {
  return {
    cpu: `${cpus().length} × ${cpus()[0]?.model.trim()}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `Linux ${release()}`,
    node: process.version,
    load,
  };
}

const cells = (values: (number | string)[]): string =>
  `| ${values.map((value) => `${value}`).join(' | ')} |`;

/** A Markdown table, which is also readable on a terminal. */
export function table(head: string[], rows: (number | string)[][]): string {
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => `${row[i]}`.length)),
  );
  const aligned = (row: (number | string)[]): string =>
    cells(
      row.map((cell, i) =>
        i === 0 ? `${cell}`.padEnd(widths[i] ?? 0) : `${cell}`.padStart(widths[i] ?? 0),
      ),
    );
  const rule = cells(
    widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)),
  );
  return [aligned(head), rule, ...rows.map(aligned)].join('\n');
}

const whole = (value: number): string => value.toFixed(0);
const tenths = (value: number): string => value.toFixed(1);
const hundredths = (value: number): string => value.toFixed(2);

export function loadTable(rows: Row[]): string {
  const head = [
    '',
    'requests/s',
    'ratio',
    'p50 ms',
    'p99 ms',
    'ratio',
    'CPU µs A',
    'CPU µs B',
    'MB A',
    'MB B',
  ];
  return table(
    head,
    rows.map((row) => [
      row.failures > 0 ? `${row.name} (${row.failures} FAILED)` : row.name,
      whole(row.requestsPerSecond),
      hundredths(row.ratio.requestsPerSecond),
      hundredths(row.p50Ms),
      hundredths(row.p99Ms),
      hundredths(row.ratio.p99),
      tenths(row.cpuMicroseconds.a),
      tenths(row.cpuMicroseconds.b),
      whole(row.residentMegabytes.a),
      whole(row.residentMegabytes.b),
    ]),
  );
}

export function startUpTable(rows: StartUp[]): string {
  return table(
    ['', 'ms to the first answer', 'MB when idle'],
    rows.map(({ name, milliseconds, residentMegabytes }) => [
      name,
      whole(milliseconds),
      Number.isNaN(residentMegabytes) ? '' : whole(residentMegabytes),
    ]),
  );
}
