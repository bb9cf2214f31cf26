import { CommandError } from '../shared/command.ts';
import { test } from './helm.ts';
import { forwarded, readyPods } from './kubectl.ts';
import { releaseName, type Target } from './target.ts';

const requestsPerPod = 50;
const port = 8012;

/**
 * Proves that a release answers, not only that it is ready: the chart's tests, then requests through
 * every pod of service B to service A, which must all be answered right.
 */
export async function verify(target: Target, release = releaseName): Promise<string> {
  await test(target, release);
  const pods = await readyPods(target, release, 'service-b');
  if (pods.length === 0) throw new CommandError(`service-b of ${release} has no ready pod`);
  for (const pod of pods) await forwarded(target, pod, port, (address) => pings(pod, address));
  return `helm test and ${requestsPerPod * pods.length} requests through ${pods.length} pods`;
}

async function pings(pod: string, address: string): Promise<void> {
  const answers: string[] = [];
  for (let sent = 0; sent < requestsPerPod; sent += 1) answers.push(await ping(address));
  const wrong = answers.filter((answer) => answer !== 'right');
  if (wrong.length > 0) {
    throw new CommandError(
      `${wrong.length} of ${requestsPerPod} requests through ${pod} were answered wrong, the first: ${wrong[0]}`,
    );
  }
}

async function ping(address: string): Promise<string> {
  const response = await fetch(`${address}/ping_service_a`, { signal: AbortSignal.timeout(5000) });
  const text = await response.text();
  const isRight = response.status === 200 && /"service_a":\{"message":"Hello/.test(text);
  return isRight ? 'right' : `${response.status} ${text}`;
}
