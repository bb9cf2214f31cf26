/** What a scan found, whatever tool it was. */
export interface Finding {
  readonly rule: string;
  readonly where: string;
  readonly message: string;
}

export type ReportFormat = keyof typeof readers;

/**
 * Reads a tool's report.
 *
 * @throws SyntaxError or TypeError on a text that is not such a report
 */
export function readFindings(format: ReportFormat, report: string): Finding[] {
  return readers[format](JSON.parse(report));
}

interface Sarif {
  runs: {
    results?: {
      ruleId: string;
      message: { text: string };
      suppressions?: unknown[];
      locations?: {
        physicalLocation?: { artifactLocation: { uri: string }; region?: { startLine?: number } };
      }[];
    }[];
  }[];
}

function sarif(report: Sarif): Finding[] {
  return report.runs
    .flatMap((run) => run.results ?? [])
    .filter((result) => !result.suppressions?.length)
    .map(({ ruleId, message, locations }) => {
      const at = locations?.[0]?.physicalLocation;
      const line = at?.region?.startLine;
      const where = `${at?.artifactLocation.uri ?? ''}${line === undefined ? '' : `:${line}`}`;
      // Trivy puts a form of several lines there.
      const text = message.text.match(/^Message: (.+)$/m)?.[1] ?? message.text;
      return { rule: ruleId, where, message: text };
    });
}

type Actionlint = { message: string; filepath: string; line: number; kind: string }[] | null;

const actionlint = (report: Actionlint): Finding[] =>
  (report ?? []).map(({ kind, filepath, line, message }) => ({
    rule: kind,
    where: `${filepath}:${line}`,
    message,
  }));

interface Kubeconform {
  resources: { filename: string; kind: string; name: string; status: string; msg: string }[];
}

const kubeconform = (report: Kubeconform): Finding[] =>
  report.resources
    .filter(({ status }) => status !== 'statusValid' && status !== 'statusSkipped')
    .map(({ filename, kind, name, msg }) => ({
      rule: 'schema',
      where: filename,
      message: `${kind} ${name}: ${msg}`,
    }));

interface NpmAudit {
  vulnerabilities: Record<
    string,
    { severity: string; range: string; via: ({ title: string; url: string } | string)[] }
  >;
}

const npmAudit = (report: NpmAudit): Finding[] =>
  Object.entries(report.vulnerabilities).map(([name, { severity, range, via }]) => ({
    rule: severity,
    where: `${name} ${range}`,
    message: via
      .map((cause) => (typeof cause === 'string' ? `by ${cause}` : `${cause.title} ${cause.url}`))
      .join('; '),
  }));

type PolarisChecks = Record<
  string,
  { ID: string; Message: string; Details: string[] | null; Success: boolean; Severity: string }
>;
interface Polaris {
  Results:
    | {
        Name: string;
        Namespace: string;
        Kind: string;
        Results: PolarisChecks | null;
        PodResult: {
          Results: PolarisChecks | null;
          ContainerResults: { Name: string; Results: PolarisChecks | null }[];
        } | null;
      }[]
    | null;
}

function polaris(report: Polaris): Finding[] {
  return (report.Results ?? []).flatMap(({ Kind, Name, Results, PodResult }) => {
    const parts: [string, PolarisChecks | null][] = [
      ['', Results],
      ['', PodResult?.Results ?? null],
      ...(PodResult?.ContainerResults ?? []).map((container): [string, PolarisChecks | null] => [
        ` ${container.Name}`,
        container.Results,
      ]),
    ];
    return parts.flatMap(([part, checks]) =>
      Object.values(checks ?? {})
        .filter(({ Success, Severity }) => !Success && Severity === 'danger')
        .map(({ ID, Message, Details }) => ({
          rule: ID,
          where: `${Kind} ${Name}${part}`,
          message: [Message, ...(Details ?? [])].join(': '),
        })),
    );
  });
}

interface TrivyCluster {
  Resources?: {
    Kind: string;
    Name: string;
    Results?: { Misconfigurations?: { ID: string; Message: string; Status: string }[] }[];
  }[];
}

const trivyCluster = (report: TrivyCluster): Finding[] =>
  (report.Resources ?? []).flatMap(({ Kind, Name, Results }) =>
    (Results ?? [])
      .flatMap(({ Misconfigurations }) => Misconfigurations ?? [])
      .filter(({ Status }) => Status === 'FAIL')
      .map(({ ID, Message }) => ({ rule: ID, where: `${Kind} ${Name}`, message: Message })),
  );

const readers = {
  sarif,
  actionlint,
  kubeconform,
  'npm-audit': npmAudit,
  polaris,
  'trivy-cluster': trivyCluster,
};
