import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../shared/command.ts';
import { haveLeastReplicas } from './autoscalers.ts';
import { test } from './helm.ts';
import { forwarded, readyPods } from './kubectl.ts';
import { releaseName, type Target } from './target.ts';

const requestsPerPod = 50;
const rounds = 3;
const port = 8012;

/**
 * Proves that a release answers, not only that it is ready: waits for the least pods of its
 * autoscalers, runs the chart's tests, then sends rounds of requests through every pod of service B
 * to service A, until all of a round are answered right.
 */
export async function verify(target: Target, release = releaseName): Promise<string> {
  await haveLeastReplicas(target, release);
  await test(target, release);
  const pods = await readyPods(target, release, 'service-b');
  if (pods.length === 0) throw new CommandError(`service-b of ${release} has no ready pod`);
  for (const pod of pods)
    await forwarded(target, pod, port, (address) => answersRight(pod, address));
  return `helm test and ${requestsPerPod * pods.length} requests through ${pods.length} pods`;
}

/** A node that has too much to do for a moment makes one answer late; what is broken stays so. */
async function answersRight(pod: string, address: string): Promise<void> {
  for (let round = 1; ; round += 1) {
    const wrong = await wrongAnswers(address);
    if (wrong.length === 0) return;
    const what = `${wrong.length} of ${requestsPerPod} requests through ${pod} were answered wrong, the first: ${wrong[0]}`;
    if (round === rounds) throw new CommandError(what);
    console.error(`${what}; once more`);
    await sleep(2000);
  }
}

async function wrongAnswers(address: string): Promise<string[]> {
  const answers: string[] = [];
  for (let sent = 0; sent < requestsPerPod; sent += 1) answers.push(await ping(address));
  return answers.filter((answer) => answer !== 'right');
}

async function ping(address: string): Promise<string> {
  try {
    const signal = AbortSignal.timeout(5000);
    const response = await fetch(`${address}/ping_service_a`, { signal });
    const text = await response.text();
    const isRight = response.status === 200 && /"service_a":\{"message":"Hello/.test(text);
    return isRight ? 'right' : `${response.status} ${text}`;
  } catch (error) {
    return (error as Error).message;
  }
}
