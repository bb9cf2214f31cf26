/**
 * Steps the load up in the KinD cluster of kubectl's current context, through the chart with one pod
 * of each service, until the latency objective breaks; from what the pods use then follow the
 * requests, limits and the autoscaling target of the chart. About ten minutes.
 *   npm run load
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireCluster, requireTools } from '../e2e/support/cluster.ts';
import { CommandError, run } from '../e2e/support/command.ts';
import { buildImages } from '../e2e/support/images.ts';
import { offer, startLoadPod } from './cluster/load-pod.ts';
import { podStartSeconds } from './cluster/pod-start.ts';
import { type Usage, usageSince } from './cluster/usage.ts';
import { machine, table } from './lib/report.ts';

const namespace = 'bench';
const objective = { p99Ms: 100, failedShare: 0.001 };
const secondsPerStep = 45;
const loads = [100, 250, 500, 750, 1000, 1250, 1500, 1750, 2000, 2500, 3000, 4000];
const load = 'bench/lib/open-loop.ts in a pod of the same node';
const services = ['service-a', 'service-b'] as const;

interface Step {
  offered: number;
  answered: number;
  p50Ms: number;
  p99Ms: number;
  failedShare: number;
  usage: Record<(typeof services)[number], Usage>;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.error(`load: ${error.message}`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  await requireTools('kubectl', 'helm', 'docker');
  const images = await buildImages(await requireCluster());
  await run('kubectl', ['create', 'namespace', namespace]);
  try {
    const values = services.flatMap((name) => {
      const [, repository, tag] = /^(.+):(.+)$/.exec(images[name]) ?? [];
      const set = [`replicaCount=1`, `image.repository=${repository}`, `image.tag=${tag}`];
      return set.flatMap((value) => ['--set', `${name}.${value}`]);
    });
    const options = ['--namespace', namespace, '--wait', '--timeout', '2m', ...values];
    const before = performance.now();
    await run('helm', ['install', 'my-app', 'charts/my-app', ...options]);
    const seconds = (performance.now() - before) / 1000;
    console.log(`helm install to ready, with the images loaded: ${seconds.toFixed(1)} s`);
    for (const service of services) {
      const pod = await podStartSeconds(namespace, service);
      console.log(`${service}: ${pod.toFixed(2)} s from the start of a pod's process to ready`);
      await run('kubectl', [
        '--namespace',
        namespace,
        'scale',
        `deployment/my-app-${service}`,
        '--replicas=1',
      ]);
    }
    await startLoadPod(namespace, images['service-a']);
    const started = Date.now();
    const idle = {
      a: await usageSince(namespace, 'service-a', started),
      b: await usageSince(namespace, 'service-b', started),
    };
    const steps = await stepUp();
    report(idle, steps);
  } finally {
    await run('kubectl', ['delete', 'namespace', namespace]);
  }
}

/** Offers more and more, up to the first load that breaks the objective. */
async function stepUp(): Promise<Step[]> {
  const steps: Step[] = [];
  await oneStep(100, 20); // Warms up.
  for (const offered of loads) {
    const step = await oneStep(offered, secondsPerStep);
    steps.push(step);
    console.log(`${offered}/s: p99 ${step.p99Ms.toFixed(1)} ms`);
    if (step.p99Ms > objective.p99Ms || step.failedShare > objective.failedShare) break;
  }
  return steps;
}

async function oneStep(perSecond: number, seconds: number): Promise<Step> {
  const since = Date.now();
  const [result, a, b] = await Promise.all([
    offer(namespace, {
      host: 'my-app-service-b',
      port: 8012,
      paths: ['/ping_service_a'],
      perSecond,
      seconds,
    }),
    usageSince(namespace, 'service-a', since),
    usageSince(namespace, 'service-b', since),
  ]);
  const ok = result.answers[200];
  const answered = ok?.perSecond ?? 0;
  return {
    offered: perSecond,
    answered,
    p50Ms: ok?.p50Ms ?? Number.POSITIVE_INFINITY,
    p99Ms: ok?.p99Ms ?? Number.POSITIVE_INFINITY,
    failedShare: 1 - answered / result.sentPerSecond,
    usage: { 'service-a': a, 'service-b': b },
  };
}

function report(idle: { a: Usage; b: Usage }, steps: Step[]): void {
  const cells = ({ milliCpu, megabytes }: Usage): string[] => [
    milliCpu.toFixed(0),
    megabytes.toFixed(0),
  ];
  const rows = steps.map((step) => [
    step.offered,
    step.answered.toFixed(0),
    step.p50Ms.toFixed(1),
    step.p99Ms.toFixed(1),
    `${(step.failedShare * 100).toFixed(2)} %`,
    ...cells(step.usage['service-a']),
    ...cells(step.usage['service-b']),
  ]);
  const head = [
    'offered/s',
    'answered/s',
    'p50 ms',
    'p99 ms',
    'failed',
    'A mCPU',
    'A MB',
    'B mCPU',
    'B MB',
  ];
  const text = `${JSON.stringify(machine(load))}
${table(head, [['idle', 0, '', '', '', ...cells(idle.a), ...cells(idle.b)], ...rows])}

The objective: p99 below ${objective.p99Ms} ms, at most ${objective.failedShare * 100} % failed
`;
  console.log(text);
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const result = { date: new Date().toISOString(), machine: machine(load), objective, idle, steps };
  writeFileSync(join(folder, 'cluster.json'), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(folder, 'cluster.txt'), text);
}
