import { execFileSync } from 'node:child_process';
import { run } from '@my-app/test-support/cluster/command';
import { fromVegeta, type HttpOptions, type Load, vegetaOptions } from '../lib/load.ts';
import { kubectl, namespace } from './pods.ts';

const pod = 'load';
const node = '/nodejs/bin/node';
const exec = ['--namespace', namespace, 'exec', '--stdin', pod, '--'];

/** Starts a pod that generates load inside the cluster, from a service's image with the local vegeta copied into it. */
export async function startLoadPod(image: string): Promise<void> {
  const volume = { name: 'tmp', mountPath: '/tmp' };
  const hour = 'setTimeout(() => {}, 3.6e6)'; // Ends even if the benchmark died.
  const container = { name: pod, image, command: [node, '--eval', hour], volumeMounts: [volume] };
  const volumes = [{ name: volume.name, emptyDir: {} }];
  const spec = { containers: [container], volumes, terminationGracePeriodSeconds: 1 };
  const options = ['--restart=Never', `--overrides=${JSON.stringify({ spec })}`];
  await kubectl('run', pod, `--image=${image}`, ...options);
  await kubectl('wait', '--for=condition=Ready', `pod/${pod}`);
  const write = `process.stdin.pipe(fs.createWriteStream('/tmp/vegeta', { mode: 0o755 }))`;
  const copy = 'kubectl "$@" <"$(command -v vegeta)"';
  execFileSync('sh', ['-c', copy, 'sh', ...exec, node, '--eval', write]);
}

/** Sends GET requests for a URL from that pod. */
export async function attack(url: string, options: HttpOptions): Promise<Load> {
  const results = '/tmp/results';
  const vegeta = [...exec, '/tmp/vegeta'];
  const args = ['attack', ...vegetaOptions(options), `-output=${results}`];
  await run('kubectl', [...vegeta, ...args], { input: `GET ${url}\n` });
  return fromVegeta(await run('kubectl', [...vegeta, 'report', '-type=json', results]));
}
