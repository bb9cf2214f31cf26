import { atEnd } from '@my-app/test-support/cleanup';
import { release } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { apply, kubectl } from '@my-app/test-support/cluster/kubectl';
import { allTargets, startLoad } from '@my-app/test-support/cluster/load';
import { nodePod } from '@my-app/test-support/cluster/node-pod';
import { settled } from '@my-app/test-support/cluster/pods';
import { portForward } from '@my-app/test-support/cluster/port-forward';
import { metric } from '@my-app/test-support/metrics';
import { expect, it } from 'vitest';

const name = 'e2e-bad-pod';

it.each([
  ['answers 500', 0.01, 'response.writeHead(500).end()'],
  ['hangs', 0.02, ''],
])(
  "the proxy spreads over A's pods, and leaves out one of three that %s",
  async (_, most, answer) => {
    const { proxy } = allTargets();
    const load = await startLoad({ proxy });
    const good = await settled('service-a');
    const admins = await Promise.all(
      good.map(({ metadata }) => portForward(`pod/${metadata.name}`, 9011)),
    );
    const count = (admin: string) =>
      metric(`http://${admin}`, 'http_server_request_duration_seconds_count', {
        http_route: '/greeting',
      });
    const before = await Promise.all(admins.map(count));
    await startBadPod(answer);
    await eventually(async () => expect(await requests()).toBeGreaterThan(0), { withinMs: 60_000 });
    await eventually(
      async () => {
        const after = await Promise.all(admins.map(count));
        const shares = after.map((total, pod) => total - (before[pod] ?? 0));
        for (const one of shares) expect(one).toBeGreaterThan(500);
        console.log(`requests of the good pods: ${shares}, of the bad one: ${await requests()}`);
      },
      { withinMs: 120_000 },
    );
    expect(await requests()).toBeLessThan(100);
    for (const { failed, requests: all, failures } of Object.values(await load.stop())) {
      expect(failed / all, failures.join('\n')).toBeLessThan(most);
    }
  },
);

/** Starts a pod that the Services of Service A select, and that logs each request that it gets. */
async function startBadPod(answer: string): Promise<void> {
  atEnd(() => kubectl('delete', 'pod', name, '--ignore-not-found', '--now'));
  const handler = `({ url }, response) => { console.log(url); ${answer} }`;
  const pod = nodePod(name, [
    '--eval',
    `require('node:http').createServer(${handler}).listen(8011)`,
  ]);
  Object.assign(pod.metadata.labels, {
    'app.kubernetes.io/name': 'service-a',
    'app.kubernetes.io/instance': release,
  });
  await apply(pod);
  await kubectl('wait', `pod/${name}`, '--for=condition=Ready', '--timeout=60s');
}

async function requests(): Promise<number> {
  return (await kubectl('logs', name)).split('\n').filter((line) => line !== '').length;
}
