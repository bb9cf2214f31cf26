import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { atEnd } from '@my-app/test-support/cleanup';
import { root } from '@my-app/test-support/cluster/command';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { kubectl } from '@my-app/test-support/cluster/kubectl';
import { onePod } from '@my-app/test-support/cluster/pods';
import { portForward } from '@my-app/test-support/cluster/port-forward';
import { expect, it } from 'vitest';

it('takes a heap snapshot of a copy of the pod, with the commands of docs/operations.md', async () => {
  const page = readFileSync(join(root, 'docs/operations.md'), 'utf8');
  const [command = ''] = /kubectl debug POD (.*\\\n)*.*/.exec(page) ?? [];
  const name = (await onePod('service-b')).metadata.name;
  const copy = `${name}-copy`;
  atEnd(() => kubectl('delete', 'pod', copy, '--now'));
  const [, ...args] = command.replaceAll('POD', name).replace('\\', '').split(/\s+/);
  await kubectl(...args);
  await kubectl('wait', `pod/${copy}`, '--for=jsonpath={.status.phase}=Running', '--timeout=60s');
  const inspector = await portForward(`pod/${copy}`, 9229);
  const [target] = await eventually(
    async () => (await fetch(`http://${inspector}/json/list`)).json() as Promise<Target[]>,
    { withinMs: 20_000 },
  );
  expect(
    JSON.parse(await heapSnapshot(`${target?.webSocketDebuggerUrl}`)).nodes.length,
  ).toBeGreaterThan(100_000);
});

interface Target {
  webSocketDebuggerUrl: string;
}

/** Takes it with the protocol that the browser's developer tools use. */
async function heapSnapshot(url: string): Promise<string> {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  let snapshot = '';
  const taken = new Promise((resolve) =>
    socket.addEventListener('message', ({ data }) => {
      const { id, params } = JSON.parse(data);
      snapshot += params?.chunk ?? '';
      if (id) resolve(id);
    }),
  );
  socket.send(JSON.stringify({ id: 1, method: 'HeapProfiler.takeHeapSnapshot' }));
  await taken;
  socket.close();
  return snapshot;
}
