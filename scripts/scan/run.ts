import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Finding, type ReportFormat, readFindings } from './findings.ts';
import { environments, fulfil, NotHere, namespace, services } from './needs.ts';
import { missingTool } from './pins.ts';
import { capture } from './process.ts';
import type { Scan } from './scans.ts';

export interface Result {
  readonly scan: Scan;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** Why it was skipped, or failed without a finding. */
  readonly reason: string;
  readonly findings: readonly Finding[];
  readonly seconds: number;
}

/** Runs one scan on the current folder. In the pipeline, one that could not run fails unless its entry allows that. */
export async function runScan(scan: Scan, inPipeline: boolean): Promise<Result> {
  const started = performance.now();
  const result = (status: Result['status'], reason: string, findings: Finding[] = []): Result => ({
    scan,
    status,
    reason,
    findings,
    seconds: (performance.now() - started) / 1000,
  });
  try {
    const findings = await findingsOf(scan);
    return result(findings.length > 0 ? 'failed' : 'passed', '', findings);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!(error instanceof NotHere)) return result('failed', reason);
    const mustRun = inPipeline && scan.maySkipInCi === undefined;
    return mustRun ? result('failed', `could not run: ${reason}`) : result('skipped', reason);
  }
}

/** @throws NotHere where the scan can't run here, another error where it went wrong */
async function findingsOf(scan: Scan): Promise<Finding[]> {
  const missing = scan.tools.map(missingTool).find((line) => line !== undefined);
  if (missing) throw new NotHere(missing);
  const moved = scan.targets?.find((glob) => globSync(glob).length === 0);
  if (moved) throw new Error(`there is no ${moved} to scan`);
  if (scan.service?.url && !(await answers(scan.service.url))) throw outOfReach(scan);
  if (scan.needs) await fulfil(scan.needs);
  mkdirSync('reports', { recursive: true });
  const findings: Finding[] = [];
  for (const each of scan.each ? everyone[scan.each]() : ['']) {
    findings.push(...(await runCommand(scan, each)));
  }
  return findings;
}

const everyone = { service: services, environment: environments };

async function runCommand(scan: Scan, each: string): Promise<Finding[]> {
  const report = scan.report?.path.replace('{each}', each);
  const standIns: Record<string, string> = { each, namespace, here, report: report ?? '' };
  const command = scan.command.flatMap((part) =>
    part === '{targets}'
      ? (scan.targets ?? []).flatMap((glob) => globSync(glob))
      : part.replace(/\{(\w+)\}/g, (whole, name: string) => standIns[name] ?? whole),
  );
  if (report) rmSync(report, { force: true });
  const { exitCode, stdout, stderr } = await capture(command);
  if (report && !existsSync(report)) writeFileSync(report, stdout);
  const findings =
    scan.report && report ? readReport(scan.report.format, report, exitCode === 0) : [];
  if (exitCode === 0 || findings.length > 0) {
    return findings.map((found) => (each ? { ...found, where: `${each}: ${found.where}` } : found));
  }
  const said = [stdout, stderr].join('\n').trim();
  if (scan.service?.missing?.test(said)) throw outOfReach(scan);
  throw new Error(said || `${command[0]} ended with exit code ${exitCode}`);
}

/** The findings in a report; none where a tool that failed left something else, which is then removed. */
function readReport(format: ReportFormat, path: string, complete: boolean): Finding[] {
  try {
    return readFindings(format, readFileSync(path, 'utf8'));
  } catch (error) {
    if (complete) throw new Error(`${path} is no ${format} report: ${(error as Error).message}`);
    rmSync(path);
    return [];
  }
}

async function answers(url: string): Promise<boolean> {
  const signal = AbortSignal.timeout(5000);
  return fetch(url, { method: 'HEAD', signal }).then(
    () => true,
    () => false,
  );
}

const here = fileURLToPath(new URL('.', import.meta.url));
const outOfReach = (scan: Scan): NotHere => new NotHere(`${scan.service?.name} can't be reached`);
