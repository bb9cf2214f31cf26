import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root, run } from '@my-app/test-support/cluster/command';
import { namespace } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { node } from '@my-app/test-support/cluster/kubectl';
import { allTargets, startLoad } from '@my-app/test-support/cluster/load';
import { onePod } from '@my-app/test-support/cluster/pods';
import { beforeAll, expect, test } from 'vitest';
import { type Message, messages } from './support/receivers.ts';

let pod: string;

beforeAll(async () => {
  pod = (await onePod('service-a')).metadata.name;
});

/** Sets the faults of one pod of A, as docs/runbooks say. */
const setFaults = (faults: object) =>
  node(
    pod,
    `const [body] = process.argv.slice(1);
     const response = await fetch('http://localhost:9011/faults', { method: 'POST', body });
     console.log(JSON.stringify(await response.json()));`,
    JSON.stringify(faults),
  );

const received = (find: (message: Message) => boolean, withinMs: number): Promise<Message> =>
  eventually(
    async () => {
      const all = await messages();
      const found = all.find(find);
      if (!found) throw new Error(`not among ${JSON.stringify(all).slice(0, 2000)}`);
      return found;
    },
    { withinMs, everyMs: 1000 },
  );

const page =
  (action: string) =>
  ({ to, body }: Message): boolean =>
    to === 'pagerduty' &&
    body.event_action === action &&
    JSON.stringify(body).includes('AvailabilityErrorBudgetBurn');

test('a fault in one pod pages with a runbook, and is resolved when it is gone', async () => {
  const load = await startLoad({ ping: { ...allTargets().ping, perSecond: 30 } });
  const started = performance.now();
  await setFaults({ error_rate: 1 });
  const { body } = await received(page('trigger'), 180_000);
  console.log(`paged after ${Math.round((performance.now() - started) / 1000)} s`);
  const { payload } = body as { payload: { summary: string; severity: string } };
  expect(payload.severity).toBe('critical');
  expect(payload.summary).toContain('burns its availability error budget');
  const [, runbook = ''] = /(docs\/runbooks\/\w+\.md)/.exec(JSON.stringify(body)) ?? [];
  expect(existsSync(join(root, runbook)), runbook).toBe(true);

  const cleared = performance.now();
  await setFaults({ error_rate: 0 });
  await received(page('resolve'), 240_000);
  console.log(`resolved after ${Math.round((performance.now() - cleared) / 1000)} s`);
  await load.stop();
});

test('a ticket goes to Slack, with a link to its runbook', async () => {
  const { body } = await received(({ to }) => to === 'slack', 240_000);
  const [attachment] = body.attachments as { title: string; title_link: string; text: string }[];
  expect(attachment?.title).toMatch(
    new RegExp(`^(FIRING|RESOLVED): \\w+ \\(service-b, ${namespace}\\)$`),
  );
  const [, runbook = ''] = /(docs\/runbooks\/\w+\.md)$/.exec(attachment?.title_link ?? '') ?? [];
  expect(existsSync(join(root, runbook)), runbook).toBe(true);
  expect(attachment?.text).not.toBe('');
});

test("the Watchdog reaches the dead man's switch, which needs no other alert", async () => {
  const { body } = await received(({ to }) => to === 'dead-mans-switch', 60_000);
  const { alerts } = body as { alerts: { labels: object }[] };
  expect(alerts.map(({ labels }) => labels)).toEqual([
    expect.objectContaining({ alertname: 'Watchdog', namespace, release: 'my-app' }),
  ]);
});

test('the plain configuration of Alertmanager is one, with the same routes', async () => {
  const pod = await run('kubectl', [
    ...['--namespace', 'monitoring', 'get', 'pods', '--output=jsonpath={.items[0].metadata.name}'],
    ...['--selector', 'app.kubernetes.io/name=alertmanager'],
  ]);
  const input = await readFile(join(root, 'deploy/platform/alertmanager.yaml'), 'utf8');
  const amtool = (...args: string[]) =>
    run('kubectl', ['--namespace', 'monitoring', 'exec', '-i', pod, '--', 'amtool', ...args], {
      input,
    });
  expect(await amtool('check-config', '/dev/stdin')).toContain('SUCCESS');
  const route = (severity: string) =>
    amtool('config', 'routes', 'test', '--config.file=/dev/stdin', `severity=${severity}`);
  expect((await route('critical')).trim()).toBe('pages');
  expect((await route('warning')).trim()).toBe('tickets');
});
