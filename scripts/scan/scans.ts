import type { ReportFormat } from './findings.ts';
import type { Need } from './needs.ts';

/** Every security scan: `npm run scan` runs this list, and the pipeline's matrix is made from it. */
export interface Scan {
  readonly name: string;
  readonly title: string;
  readonly covers: string;
  /** Every finding fails the scan; this says what counts as one. */
  readonly failsOn: string;
  /** What has to be there: the source alone, images built from it, or a cluster that runs them. */
  readonly stage: 'source' | 'image' | 'cluster';
  /** Names in mise.toml; npm and node are the machine's. */
  readonly tools: readonly string[];
  /**
   * The program and its arguments. Stand-ins: {targets}; {each}; {namespace}; {here}, this folder;
   * {report}, where the tool writes it (else the report is its standard output).
   */
  readonly command: readonly string[];
  /** Globs. Where one matches nothing the scan fails: a file that moved must not go unscanned. */
  readonly targets?: readonly string[];
  /** Runs the command for every service, or every environment that the chart is rendered for. */
  readonly each?: 'service' | 'environment';
  /** What is made or checked before the command runs. */
  readonly needs?: Need;
  readonly report?: { readonly format: ReportFormat; readonly path: string };
  /** What the scan asks outside this machine, and how its absence shows: by its address or in the tool's words. */
  readonly service?: { readonly name: string; readonly url?: string; readonly missing?: RegExp };
  /** Why the pipeline may go on without this scan. Where there is none, a skipped scan fails it. */
  readonly maySkipInCi?: string;
}

const dockerfiles = 'service-*/Dockerfile';
const workflows = '.github/workflows/*.yml';
const chart = 'charts/my-app/Chart.yaml';

const vulnerabilityDatabase = {
  name: "the registry of Trivy's vulnerability database",
  missing: /failed to download vulnerability DB|DB error/,
};

const semgrep = [
  'semgrep',
  'scan',
  '--metrics=off',
  '--disable-version-check',
  '--quiet',
  '--sarif',
];

export const scans: readonly Scan[] = [
  {
    name: 'semgrep',
    title: 'Semgrep, the rules of this repository',
    covers: 'TypeScript but for tests, by .semgrep/',
    failsOn: 'any match',
    stage: 'source',
    tools: ['semgrep'],
    command: [...semgrep, '--config=.semgrep', '--exclude=.semgrep', '.'],
    targets: ['.semgrep/rules/*.yaml'],
    report: { format: 'sarif', path: 'reports/semgrep.sarif' },
  },
  {
    name: 'semgrep-rules',
    title: "Semgrep, the rules' own tests",
    covers: '.semgrep/',
    failsOn: 'a rule that misses its example, or matches what it should not',
    stage: 'source',
    tools: ['semgrep'],
    command: ['semgrep', 'scan', '--test', '--metrics=off', '--disable-version-check', '.semgrep'],
    targets: ['.semgrep/rules/*.yaml'],
  },
  {
    name: 'semgrep-registry',
    title: 'Semgrep, the packs of its registry',
    covers: 'TypeScript, Dockerfiles, workflows, YAML',
    failsOn: 'any match',
    stage: 'source',
    tools: ['semgrep'],
    command: [
      ...semgrep,
      '--config=p/typescript',
      '--config=p/nodejs',
      '--config=p/dockerfile',
      '--config=p/github-actions',
      '--config=p/secrets',
      '--exclude=.semgrep',
      '.',
    ],
    report: { format: 'sarif', path: 'reports/semgrep-registry.sarif' },
    service: { name: 'the Semgrep registry', url: 'https://semgrep.dev' },
    maySkipInCi: 'the rules of this repository run without the registry',
  },
  {
    name: 'gitleaks-tree',
    title: 'Gitleaks, the files',
    covers: 'every file of the working tree',
    failsOn: 'any secret',
    stage: 'source',
    tools: ['gitleaks'],
    command: [
      'gitleaks',
      'dir',
      '.',
      '--no-banner',
      '--redact',
      '--report-format=sarif',
      '--report-path=-',
    ],
    report: { format: 'sarif', path: 'reports/gitleaks-tree.sarif' },
  },
  {
    name: 'gitleaks-history',
    title: 'Gitleaks, the history',
    covers: 'every commit of every branch',
    failsOn: 'any secret, also one removed since',
    stage: 'source',
    tools: ['gitleaks'],
    command: [
      'gitleaks',
      'git',
      '.',
      '--no-banner',
      '--redact',
      '--report-format=sarif',
      '--report-path=-',
    ],
    needs: 'whole history',
    report: { format: 'sarif', path: 'reports/gitleaks-history.sarif' },
  },
  {
    name: 'npm-audit',
    title: 'npm audit',
    covers: 'package-lock.json, what only development uses included',
    failsOn: 'any advisory',
    stage: 'source',
    tools: ['npm'],
    command: ['npm', 'audit', '--json'],
    targets: ['package-lock.json'],
    report: { format: 'npm-audit', path: 'reports/npm-audit.json' },
    service: {
      name: "the npm registry's advisories",
      missing: /security\/(advisories|audits)|ENOTFOUND|ECONNREFUSED|EAI_AGAIN/,
    },
  },
  {
    name: 'trivy-deps',
    title: 'Trivy, dependencies',
    covers: 'package-lock.json, what only development uses included',
    failsOn: 'any known vulnerability',
    stage: 'source',
    tools: ['trivy'],
    command: [
      'trivy',
      'fs',
      '--scanners=vuln',
      '--include-dev-deps',
      '--format=sarif',
      '--skip-dirs=**/node_modules',
      '.',
    ],
    targets: ['package-lock.json'],
    report: { format: 'sarif', path: 'reports/trivy-deps.sarif' },
    service: vulnerabilityDatabase,
  },
  {
    name: 'trivy-secret',
    title: 'Trivy, secrets',
    covers: 'every file of the working tree',
    failsOn: 'any secret',
    stage: 'source',
    tools: ['trivy'],
    command: [
      'trivy',
      'fs',
      '--scanners=secret',
      '--format=sarif',
      '--skip-dirs=**/node_modules',
      '--skip-dirs=.git',
      '--skip-dirs=dist',
      '--skip-dirs=reports',
      '.',
    ],
    report: { format: 'sarif', path: 'reports/trivy-secret.sarif' },
  },
  {
    name: 'trivy-config',
    title: 'Trivy, misconfiguration',
    covers: 'Dockerfiles and the rendered chart',
    failsOn: 'any misconfiguration',
    stage: 'source',
    tools: ['trivy', 'helm'],
    command: [
      'trivy',
      'config',
      '--skip-check-update',
      '--format=sarif',
      '--skip-dirs=**/node_modules',
      '--skip-dirs=charts',
      '--skip-dirs=reports/cluster',
      // An identity that deploys manages workloads; scripts/deploy/access.e2e.ts tests that it may
      // do nothing else (2026-11-23).
      '--skip-files=deploy/access/deployer.yaml',
      '.',
    ],
    targets: [dockerfiles, chart],
    needs: 'rendered chart',
    report: { format: 'sarif', path: 'reports/trivy-config.sarif' },
  },
  {
    name: 'hadolint',
    title: 'Hadolint',
    covers: 'Dockerfiles and the shell in them',
    failsOn: 'any remark, style included',
    stage: 'source',
    tools: ['hadolint'],
    command: ['hadolint', '--failure-threshold=style', '--format=sarif', '{targets}'],
    targets: [dockerfiles],
    report: { format: 'sarif', path: 'reports/hadolint.sarif' },
  },
  {
    name: 'checkov',
    title: 'Checkov',
    covers: 'Dockerfiles, the rendered chart, workflows',
    failsOn: 'any failed check',
    stage: 'source',
    tools: ['checkov', 'helm'],
    command: [
      'checkov',
      '--config-file=.checkov.yaml',
      '--output=cli',
      '--output=sarif',
      '--output-file-path=console,{report}',
    ],
    targets: [dockerfiles, chart, workflows],
    needs: 'rendered chart',
    report: { format: 'sarif', path: 'reports/checkov.sarif' },
  },
  {
    name: 'polaris',
    title: 'Polaris, the rendered chart',
    covers: 'the chart as rendered for each environment',
    failsOn: 'any check that .polaris.yaml asks for',
    stage: 'source',
    tools: ['polaris', 'helm'],
    command: [
      'polaris',
      'audit',
      '--config=.polaris.yaml',
      '--audit-path=reports/chart/{each}',
      '--only-show-failed-tests',
      '--set-exit-code-on-danger',
    ],
    each: 'environment',
    targets: [chart],
    needs: 'rendered chart',
    report: { format: 'polaris', path: 'reports/polaris-{each}.json' },
  },
  {
    name: 'kubeconform',
    title: 'kubeconform',
    covers: 'the chart as rendered for each environment',
    failsOn: "any object that is not of its kind's schema",
    stage: 'source',
    tools: ['kubeconform', 'helm', 'go'],
    command: ['node', '{here}kubeconform.ts'],
    targets: [chart],
    needs: 'rendered chart',
    report: { format: 'kubeconform', path: 'reports/kubeconform.json' },
    service: {
      name: 'the Go module that has the schemas of Kubernetes',
      missing: /go mod download/,
    },
  },
  {
    name: 'actionlint',
    title: 'actionlint',
    covers: 'workflows and the shell in them',
    failsOn: 'any remark',
    stage: 'source',
    tools: ['actionlint', 'shellcheck'],
    command: ['actionlint', '-format={{json .}}', '{targets}'],
    targets: [workflows],
    report: { format: 'actionlint', path: 'reports/actionlint.json' },
  },
  {
    name: 'zizmor',
    title: 'zizmor',
    covers: 'workflows and actions, at its strictest; with GH_TOKEN also what it asks GitHub',
    failsOn: 'any remark',
    stage: 'source',
    tools: ['zizmor'],
    command: [
      'zizmor',
      '--persona=auditor',
      '--strict-collection',
      '--no-progress',
      '--format=sarif',
      '.',
    ],
    targets: [workflows],
    report: { format: 'sarif', path: 'reports/zizmor.sarif' },
  },
  {
    name: 'suppressions',
    title: 'Suppressions',
    covers: 'the configuration of the scans and comments that silence one',
    failsOn: 'a suppression without a reason and a date, or more than nine of them',
    stage: 'source',
    tools: ['node'],
    command: ['node', '{here}suppressions.ts'],
  },
  {
    name: 'trivy-image',
    title: 'Trivy, vulnerabilities of the images',
    covers: "each service's image, service-a:latest and so on",
    failsOn: 'any vulnerability that has a fix',
    stage: 'image',
    tools: ['trivy'],
    command: [
      'trivy',
      'image',
      '--image-src=docker',
      '--scanners=vuln',
      '--ignore-unfixed',
      '--format=sarif',
      '{each}:latest',
    ],
    each: 'service',
    targets: [dockerfiles],
    report: { format: 'sarif', path: 'reports/trivy-image-{each}.sarif' },
    needs: 'images',
    service: vulnerabilityDatabase,
  },
  {
    name: 'trivy-image-config',
    title: 'Trivy, configuration and secrets of the images',
    covers: "each service's image, service-a:latest and so on",
    failsOn: 'any misconfiguration or secret',
    stage: 'image',
    tools: ['trivy'],
    command: [
      'trivy',
      'image',
      '--image-src=docker',
      '--scanners=secret',
      '--image-config-scanners=misconfig,secret',
      '--format=sarif',
      '{each}:latest',
    ],
    each: 'service',
    targets: [dockerfiles],
    report: { format: 'sarif', path: 'reports/trivy-image-config-{each}.sarif' },
    needs: 'images',
  },
  {
    name: 'polaris-live',
    title: 'Polaris, the running cluster',
    covers: 'what really runs in the namespace',
    failsOn: 'any check that .polaris.yaml asks for',
    stage: 'cluster',
    tools: ['polaris', 'kubectl'],
    command: [
      'polaris',
      'audit',
      '--config=.polaris.yaml',
      '--audit-path=reports/cluster',
      '--only-show-failed-tests',
      '--set-exit-code-on-danger',
    ],
    report: { format: 'polaris', path: 'reports/polaris-live.json' },
    needs: 'installed chart',
  },
  {
    name: 'trivy-live',
    title: 'Trivy, the running cluster',
    covers: 'what really runs in the namespace',
    failsOn: 'any misconfiguration',
    stage: 'cluster',
    tools: ['trivy', 'kubectl'],
    command: [
      'trivy',
      'k8s',
      '--include-namespaces={namespace}',
      '--scanners=misconfig',
      '--skip-check-update',
      '--disable-node-collector',
      '--format=json',
      '--report=all',
    ],
    report: { format: 'trivy-cluster', path: 'reports/trivy-live.json' },
    needs: 'installed chart',
  },
];
