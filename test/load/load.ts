/**
 * Installs the chart with one pod of each service in the KinD cluster of kubectl's current context and increases
 * the load until the latency objective is violated. Prints the resource requests and autoscaling targets to use.
 *   mise run load        about ten minutes
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { requireCluster, requireTools } from '@my-app/test-support/cluster/cluster';
import { run } from '@my-app/test-support/cluster/command';
import { buildImages } from '@my-app/test-support/cluster/images';
import { services } from '../../tools/services.ts';
import { attack, startLoadPod } from './cluster/load-pod.ts';
import { namespace, podStart, usage } from './cluster/pods.ts';
import { failedShare, printSteps, type Step } from './cluster/report.ts';
import { spread } from './lib/rounds.ts';

const objective = { p99Ms: 100, failedShare: 0.001 };
const url = 'http://my-app-service-b:8012/ping_service_a';
/** metrics-server samples every 15 s and averages over up to 20 s: figures of a shorter step would include the one before. */
const seconds = 45;
const loads = [100, 250, 500, 750, 1000, 1250, 1500, 1750, 2000, 2500, 3000, 4000];
const podStarts = 5;

await requireTools('kubectl', 'helm', 'docker', 'vegeta');
const images: Record<string, string> = { ...(await buildImages(await requireCluster())) };
await run('kubectl', ['create', 'namespace', namespace]);
try {
  await install();
  for (const service of services) {
    const starts: number[] = [];
    for (let i = 0; i < podStarts; i++) starts.push(await podStart(service));
    console.log(`${service}: ${spread(starts, 1)} s from scheduled to ready`);
  }
  await startLoadPod(Object.values(images)[0] ?? '');
  await attack(url, { seconds: 20, perSecond: 100 }); // Warms up.
  const steps: Step[] = [];
  for (const offered of loads) {
    const step = await oneStep(offered);
    steps.push(step);
    if (step.p99Ms > objective.p99Ms || failedShare(step) > objective.failedShare) break;
  }
  printSteps(steps);
} finally {
  await run('kubectl', ['delete', 'namespace', namespace]);
}

async function install(): Promise<void> {
  const set = services.flatMap((service) => {
    const [, repository, tag] = /^(.+):(.+)$/.exec(images[service] ?? '') ?? [];
    const values = ['replicaCount=1', `image.repository=${repository}`, `image.tag=${tag}`];
    return values.map((value) => `--set=${service}.${value}`);
  });
  const options = [`--namespace=${namespace}`, '--wait', '--timeout=3m', ...set];
  const started = performance.now();
  await run('helm', ['install', 'my-app', 'charts/my-app', ...options]);
  const took = (performance.now() - started) / 1000;
  console.log(`helm install to ready, with the images loaded: ${took.toFixed(1)} s`);
}

async function oneStep(offered: number): Promise<Step> {
  const load = attack(url, { seconds, perSecond: offered });
  await sleep((seconds - 2) * 1000);
  const used = await Promise.all(services.map(async (name) => [name, await usage(name)] as const));
  return { ...(await load), offered, used: Object.fromEntries(used) };
}
