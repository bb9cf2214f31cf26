import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { atEnd } from '@my-app/test-support/cleanup';
import { root } from '@my-app/test-support/cluster/command';
import { release } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { apply, get, kubectl, node } from '@my-app/test-support/cluster/kubectl';
import { nodePod } from '@my-app/test-support/cluster/node-pod';
import { identities, pods, settled } from '@my-app/test-support/cluster/pods';
import { expect, it } from 'vitest';
import { services } from '../../tools/services.ts';

/** The name that the NetworkPolicy of the tests lets call Service A. */
const name = 'e2e-load';

it('no client gets a pod killed, and others are served or rejected quickly', async () => {
  await Promise.all(services.map((service) => settled(service)));
  const all = () => Promise.all(services.map((service) => pods(service)));
  const before = (await all()).map(identities);

  const code = await readFile(join(root, 'test/cluster/attack.mjs'), 'utf8');
  const targets = [`${release}-service-b:8012`, `${release}-service-a-headless:50051`];
  atEnd(() => kubectl('delete', 'pod', name, '--ignore-not-found', '--now'));
  await apply(nodePod(name, ['--input-type=module', '--eval', code, '--', ...targets]));
  await eventually(
    async () => {
      const { status } = await get<{ status: { phase: string } }>(`pod/${name}`);
      expect(status.phase).toBe('Succeeded');
    },
    { withinMs: 90_000 },
  );
  for (const [service, port] of Object.entries({ 'service-a': 9011, 'service-b': 9012 })) {
    const ended = (await pods(service)).map((pod) =>
      node<number>(pod.metadata.name, countEnded, `${port}`),
    );
    expect(Math.max(...(await Promise.all(ended))), service).toBeGreaterThan(100);
  }
  const { seen, slowest } = JSON.parse(await kubectl('logs', name));
  console.log('honest requests beside the attack', seen, `slowest ${slowest} ms`);
  expect((await all()).map(identities)).toEqual(before); // none was restarted
  // An evicted connection is a reset, and one of several is refused by a pod at its limit.
  for (const answer of Object.keys(seen)) {
    expect(answer).toBeOneOf(['200', '503', '504', 'ECONNRESET', 'UND_ERR_SOCKET']);
  }
  expect(seen['200']).toBeGreaterThan(0);
  expect(slowest).toBeLessThan(5000);
});

/** What a pod refused of the attack: connections that it closed, requests that it shed, calls that failed. */
const countEnded = `
const text = await (await fetch('http://localhost:' + process.argv[1] + '/metrics')).text();
const refused = /^(server_(connections_closed|requests_shed)_total|rpc_server_call_duration_seconds_count).* (\\d+)$/gm;
const lines = [...text.matchAll(refused)].filter(([line]) => !line.includes('"OK"'));
console.log(lines.reduce((sum, line) => sum + Number(line.at(-1)), 0));
`;
