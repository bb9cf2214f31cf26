import { existsSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { pins } from './pins.ts';
import { capture } from './process.ts';

/** What has to be there, made where that is quick, before a scan can run. */
export type Need = keyof typeof needs;

/** The scan can't run for want of something that this machine does not have. */
export class NotHere extends Error {}

/**
 * Sees to a need.
 *
 * @throws NotHere, or any other error where the repository itself is at fault
 */
export const fulfil = (need: Need): Promise<void> => needs[need]();

/** The namespace that the scans of a cluster look at. */
export const namespace = process.env.SCAN_NAMESPACE ?? 'default';

/** The services, by the folders that hold their Dockerfiles. */
export const services = (): string[] => globSync('service-*/Dockerfile').map(dirname).sort();

const needs = {
  'rendered chart': renderChart,
  'whole history': wholeHistory,
  images,
  'installed chart': installedChart,
};

/**
 * What the chart is rendered for: nothing but its own values, and each environment. Development is
 * left out: what it loosens for live updates runs on a laptop only.
 */
export const environments = (): string[] => [
  'default',
  ...globSync('deploy/environments/*.yaml')
    .map((file) => basename(file, '.yaml'))
    .filter((name) => name !== 'dev')
    .sort(),
];

/**
 * Renders the chart to reports/chart, by digest as the pipeline deploys it. The pods of `helm test`
 * go to reports/chart-tests: they have to be as locked down, but need no probes and no replicas.
 */
async function renderChart(): Promise<void> {
  const digest = `sha256:${'0'.repeat(64)}`;
  const digests = services().map((service) => `--set-string=${service}.image.digest=${digest}`);
  const render = async (...args: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await capture([
      ...['helm', 'template', 'my-app', 'charts/my-app', ...digests],
      `--kube-version=${pins().get('kubectl')?.version}`,
      ...args,
    ]);
    if (exitCode !== 0) throw new Error(`the chart does not render: ${stderr.trim()}`);
    return stdout;
  };
  for (const folder of ['reports/chart', 'reports/chart-tests']) {
    rmSync(folder, { force: true, recursive: true });
  }
  for (const name of environments()) {
    const values = name === 'default' ? [] : [`--values=deploy/environments/${name}.yaml`];
    const target = [`--namespace=my-app-${name}`, `--output-dir=reports/chart/${name}`];
    await render('--skip-tests', ...target, ...values);
  }
  mkdirSync('reports/chart-tests', { recursive: true });
  const documents = (await render('--namespace=my-app')).split(/^---$/m);
  const tests = documents.filter((document) => document.includes('helm.sh/hook: test'));
  writeFileSync('reports/chart-tests/tests.yaml', tests.join('---'));
}

async function wholeHistory(): Promise<void> {
  if (existsSync('.git/shallow')) {
    throw new Error('this clone lacks older commits: git fetch --unshallow');
  }
}

async function images(): Promise<void> {
  for (const service of services()) {
    const image = `${service}:latest`;
    const { exitCode } = await capture(['docker', 'image', 'inspect', image]).catch(() => ({
      exitCode: null,
    }));
    if (exitCode !== 0) {
      throw new NotHere(
        `there is no image ${image}: docker build -f ${service}/Dockerfile -t ${image} .`,
      );
    }
  }
}

const liveKinds = [
  ...['deployments', 'statefulsets', 'daemonsets', 'jobs', 'cronjobs', 'pods'],
  ...['services', 'ingresses', 'networkpolicies', 'poddisruptionbudgets'],
  ...['horizontalpodautoscalers', 'configmaps', 'roles', 'rolebindings'],
];

interface LiveObject {
  metadata: { ownerReferences?: object[]; annotations?: Record<string, string> };
}

/**
 * Puts what the namespace holds into reports/cluster: Polaris' own --namespace still audits the
 * workloads of all. Left out is what follows from other objects, and the pods of `helm test`.
 */
async function installedChart(): Promise<void> {
  const get = ['kubectl', 'get', `--namespace=${namespace}`, '--request-timeout=10s'];
  const chart = ['deployments', '--selector=app.kubernetes.io/part-of=my-app', '--output=name'];
  const { exitCode, stdout, stderr } = await capture([...get, ...chart]);
  if (exitCode !== 0) throw new NotHere(`no cluster answers: ${stderr.trim().split('\n').at(-1)}`);
  if (stdout === '') {
    throw new NotHere(
      `the chart is not in namespace ${namespace}: set SCAN_NAMESPACE, or helm upgrade --install my-app charts/my-app`,
    );
  }
  const live = await capture([...get, liveKinds.join(), '--output=json']);
  if (live.exitCode !== 0) throw new Error(live.stderr.trim());
  const objects = (JSON.parse(live.stdout) as { items: LiveObject[] }).items.filter(
    ({ metadata: { ownerReferences, annotations } }) =>
      !ownerReferences?.length && !annotations?.['helm.sh/hook'],
  );
  mkdirSync('reports/cluster', { recursive: true });
  const documents = objects.map((object) => JSON.stringify(object)).join('\n---\n');
  writeFileSync('reports/cluster/objects.yaml', documents);
}
