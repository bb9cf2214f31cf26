import { release } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { kubectl, node } from '@my-app/test-support/cluster/kubectl';
import { onePod } from '@my-app/test-support/cluster/pods';
import { portForward } from '@my-app/test-support/cluster/port-forward';
import { deploy } from '@my-app/test-support/cluster/release';
import { afterAll, beforeAll, expect, it } from 'vitest';

interface CpuProfile {
  samples: number[];
  nodes: { callFrame: { url: string } }[];
}

const port = 9211;
let pod: Awaited<ReturnType<typeof onePod>>;
let diagnostics: string;

beforeAll(async () => {
  await deploy(release, '--set', `service-a.config.DIAGNOSTICS_PORT=${port}`);
  pod = await onePod('service-a');
  diagnostics = `http://${await portForward(`pod/${pod.metadata.name}`, port)}`;
});
afterAll(() => deploy());

const logs = () => kubectl('logs', pod.metadata.name);

it('takes a CPU profile of a pod as shipped', async () => {
  const answer = await fetch(`${diagnostics}/cpu_profile?seconds=1`);
  const profile = (await answer.json()) as CpuProfile;
  expect(profile.samples.length).toBeGreaterThan(100);
  expect(profile.nodes.map(({ callFrame }) => callFrame.url)).toContain('file:///app/main.mjs');
  expect(await logs()).toContain('taking a CPU profile');
});

it('changes the log level of a pod', async () => {
  const a = `http://${await portForward(`pod/${pod.metadata.name}`, 8011)}`;
  await fetch(`${a}/greeting`);
  await fetch(`${diagnostics}/log_level/info`, { method: 'PUT' });
  await fetch(`${a}/greeting`);
  await eventually(async () => expect(await logs()).toContain('"msg":"request"'), {
    withinMs: 10_000,
  });
  expect((await logs()).match(/"msg":"request"/g)).toHaveLength(1);
  expect(await logs()).toContain('the log level changed');
});

it('does not listen on the address of the pod', async () => {
  const connect = (to: number) =>
    node(
      pod.metadata.name,
      `import { connect } from 'node:net';
       const show = (text) => console.log(JSON.stringify(text)) || process.exit();
       const [host, port] = process.argv.slice(-2);
       connect(Number(port), host, () => show('open')).on('error', ({ code }) => show(code));`,
      pod.status.podIP,
      `${to}`,
    );
  expect(await connect(port)).toBe('ECONNREFUSED');
  expect(await connect(9011)).toBe('open');
});
