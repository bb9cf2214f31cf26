/**
 * Tests the alerts in the manifests that `helm template` wrote to the given file: runs promtool on the rules and on the chart's
 * tests/alerts, and checks that each alert has a runbook and a test.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { root } from '../services.ts';

interface Rule {
  alert?: string;
  annotations?: Record<string, string>;
}

interface PrometheusRule {
  kind: string;
  spec: { groups: { rules: Rule[] }[] };
}

const tests = join(root, 'charts/my-app/tests/alerts');
const runbooks = join(root, 'docs', 'runbooks');
const sections = ['Meaning', 'Impact', 'Diagnosis', 'Mitigation', 'Rehearsal'];

const [rendered = ''] = process.argv.slice(2);

/** Lints the rendered rules with promtool and runs tests/alerts against them. */
function testAlerts(rendered: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'my-app-alerts-'));
  try {
    const rules = join(folder, 'rules.yaml');
    const groups = prometheusRules(rendered).flatMap(({ spec }) => spec.groups);
    // The Watchdog always fires, so that the tests of the other alerts leave it out.
    const isWatchdog = ({ rules }: { rules: Rule[] }) =>
      rules.some(({ alert }) => alert === 'Watchdog');
    const watchdog = join(folder, 'watchdog-rules.yaml');
    writeFileSync(watchdog, JSON.stringify({ groups: groups.filter(isWatchdog) }));
    writeFileSync(rules, JSON.stringify({ groups: groups.filter((group) => !isWatchdog(group)) }));
    promtool('check', 'rules', '--lint=all', '--lint-fatal', rules, watchdog);
    const files = readdirSync(tests).map((file) => {
      writeFileSync(
        join(folder, file),
        withLabels(withOwners(readFileSync(join(tests, file), 'utf8'))),
      );
      return join(folder, file);
    });
    promtool('test', 'rules', ...files);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Checks that each alert has a test and a runbook that its link points to, and that each runbook has an alert. */
function checkRunbooks(rendered: string): void {
  const alerts = new Map<string, string>();
  for (const { spec } of prometheusRules(rendered)) {
    for (const { alert, annotations } of spec.groups.flatMap(({ rules }) => rules)) {
      if (alert) alerts.set(`${alert}.md`, `${annotations?.runbook_url}`);
    }
  }
  const pages = readdirSync(runbooks).filter((name) => name !== 'README.md');
  const tested = readdirSync(tests).map((file) => readFileSync(join(tests, file), 'utf8'));
  const faults = [
    ...pages.filter((page) => !alerts.has(page)).map((page) => `${page}: no such alert`),
    ...[...alerts].flatMap(([page, url]) => {
      if (!pages.includes(page)) return [`docs/runbooks/${page} is missing`];
      const text = readFileSync(join(runbooks, page), 'utf8');
      const missing = sections.filter((section) => !text.includes(`\n## ${section}\n`));
      const name = basename(page, '.md');
      return [
        ...(url.endsWith(`/docs/runbooks/${page}`)
          ? []
          : [`${name}: runbook_url must end in /docs/runbooks/${page}, not ${url}`]),
        ...(tested.some((test) => test.includes(name)) ? [] : [`${name}: not in tests/alerts`]),
        ...missing.map((section) => `${page}: no section ${section}`),
      ];
    }),
  ];
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

// ring: platform begin
/** Checks that Prometheus keeps the data of the longest range in the rules. */
function checkRetention(rendered: string): void {
  const values = readFileSync(
    join(root, 'deploy/platform/values/kube-prometheus-stack.yaml'),
    'utf8',
  );
  const [{ prometheus }] = parseAllDocuments(values).map((document) => document.toJS());
  const { retention } = prometheus.prometheusSpec;
  const seconds = [...rendered.matchAll(/\[(\d+)s\]/g)].map(([, range]) => Number(range));
  const days = Math.max(...seconds) / 86_400;
  if (Number.parseInt(retention, 10) <= days)
    throw new Error(`retention is ${retention}, but a rule looks back ${days} days`);
}
// ring: platform end

function promtool(...args: string[]): void {
  execFileSync('promtool', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function prometheusRules(rendered: string): PrometheusRule[] {
  return parseAllDocuments(rendered)
    .map((document) => document.toJS() as PrometheusRule | null)
    .filter((object) => object?.kind === 'PrometheusRule') as PrometheusRule[];
}

/**
 * Expands the placeholders of a test into labels: <B> is a pod of service B as scraped, <B2> a second pod with a truncated name,
 * <pod B> and <hpa B> the pod and the autoscaler as kube-state-metrics labels them, <ping 200> a route with a status, <unmatched 404>
 * an unknown path, <greet OK> a method with a code, <warning NAME> and <critical NAME> a firing alert, <alert B> the labels of
 * service B's alerts.
 */
function withLabels(test: string): string {
  const service = (id: string) => `service-${id.charAt(0).toLowerCase()}`;
  const pod = (id: string) =>
    `namespace="prod",pod="my-app-${id.endsWith('2') ? 'serfghij' : `${service(id)}-7d9-abcde`}"`;
  return test
    .replace(
      /<([AB]2?)>/g,
      (_, id) => `job="${service(id)}",app_kubernetes_io_instance="my-app",${pod(id)}`,
    )
    .replace(/<pod ([AB]2?)>/g, (_, id) => pod(id))
    .replace(
      /<hpa ([AB])>/g,
      (_, id) => `namespace="prod",horizontalpodautoscaler="my-app-${service(id)}"`,
    )
    .replace(/<(warning|critical) (\w+)>/g, 'alertname="$2",alertstate="firing",severity="$1"')
    .replace(/<unmatched (\d+)>/g, 'http_route="unmatched",http_response_status_code="$1"')
    .replace(/<ping (\d+)>/g, 'http_route="/ping_service_a",http_response_status_code="$1"')
    .replace(
      /<greet (\w+)>/g,
      'rpc_method="greeting.v1.GreetingService/Greet",rpc_status_code="$1"',
    )
    .replace(
      /<alert ([AB])>/g,
      (_, id) => `service="${service(id)}",release="my-app",namespace="prod",team="my-team"`,
    );
}

/** Adds the owners of the pods, as kube-state-metrics reports them, to each test. */
function withOwners(test: string): string {
  const owner = (id: string, replicaSet: string) =>
    `- {series: 'kube_pod_owner{<pod ${id}>,owner_kind="ReplicaSet",owner_name="my-app-${replicaSet}"}', values: 1x1000}`;
  const owners = [
    owner('A', 'service-a-7d9'),
    owner('B', 'service-b-7d9'),
    owner('B2', 'service-b-8c1'),
  ];
  return test.replace(/^( +)input_series:$/gm, (line, indent) =>
    [line, ...owners.map((one) => `${indent}  ${one}`)].join('\n'),
  );
}

const manifests = readFileSync(rendered, 'utf8');
testAlerts(manifests);
checkRunbooks(manifests);
checkRetention(manifests); // ring: platform
