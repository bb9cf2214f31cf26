import { parseArgs } from 'node:util';
import { type Result, runScan } from './scan/run.ts';
import { type Scan, scans } from './scan/scans.ts';
import { findSuppressions } from './scan/suppressions.ts';

const usage = `npm run scan [-- [--json] name…]   runs the scans of that name; without one, all
npm run scan -- --list             what there is
npm run scan -- --matrix           those that need the source alone, as a GitHub matrix`;

const { values: options, positionals: names } = parseArguments();
if (options.help) console.log(usage);
else if (options.list) console.log(table(scans));
else if (options.matrix) console.log(JSON.stringify({ include: matrix() }));
else await run(chosen());

async function run(list: readonly Scan[]): Promise<void> {
  const results: Result[] = [];
  for (const scan of list) {
    const result = await runScan(scan, process.env.CI === 'true');
    results.push(result);
    if (!options.json) console.log(describe(result));
  }
  const count = (status: Result['status']): number =>
    results.filter((result) => result.status === status).length;
  const findings = results.flatMap((result) => result.findings).length;
  const suppressions = findSuppressions().length;
  if (options.json) {
    const scanned = results.map(({ scan, ...result }) => ({ name: scan.name, ...result }));
    console.log(JSON.stringify({ scans: scanned, findings, suppressions }, undefined, 2));
  } else {
    console.log(`\n${findings} findings, ${suppressions} suppressions`);
    console.log(
      `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`,
    );
  }
  if (count('failed') > 0) process.exitCode = 1;
}

function describe({ scan, status, reason, findings, seconds }: Result): string {
  const name = scan.name.padEnd(18);
  if (status === 'passed') return `passed   ${name} ${seconds.toFixed(1)} s`;
  if (status === 'skipped') return `skipped: ${name} ${reason}`;
  if (findings.length === 0) return `FAILED   ${name} ${reason}`;
  const lines = findings.map(({ rule, where, message }) => {
    return `           ${where}  ${rule}: ${message.replaceAll(/\s+/g, ' ')}`;
  });
  return [`FAILED   ${name} ${findings.length} findings`, ...lines].join('\n');
}

function table(list: readonly Scan[]): string {
  const rows = list.map(({ name, stage, tools, covers, failsOn, maySkipInCi }) => {
    return [name, stage, tools.join(' '), covers, failsOn, maySkipInCi ?? 'no'];
  });
  const all = [['SCAN', 'NEEDS', 'TOOLS', 'COVERS', 'FAILS ON', 'MAY BE SKIPPED IN CI'], ...rows];
  const widths = all[0]?.map((_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  );
  return all
    .map((row) => row.map((cell, column) => cell.padEnd(widths?.[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

function matrix(): object[] {
  return scans
    .filter(({ stage }) => stage === 'source')
    .map(({ name, title, tools, report }) => ({
      name,
      title,
      tools: tools.filter((tool) => tool !== 'npm').join(' '),
      sarif: report?.format === 'sarif' ? report.path : '',
    }));
}

function chosen(): readonly Scan[] {
  const unknown = names.find((name) => !scans.some((scan) => scan.name === name));
  if (unknown) fail(`there is no scan ${unknown}: ${scans.map(({ name }) => name).join(', ')}`);
  return names.length === 0 ? scans : scans.filter(({ name }) => names.includes(name));
}

function parseArguments() {
  const boolean = { type: 'boolean' } as const;
  try {
    return parseArgs({
      allowPositionals: true,
      options: { help: boolean, json: boolean, list: boolean, matrix: boolean },
    });
  } catch (error) {
    return fail(`${(error as Error).message}\n${usage}`);
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
