import { atEnd } from '@my-app/test-support/cleanup';
import { run } from '@my-app/test-support/cluster/command';
import { release } from '@my-app/test-support/cluster/environment';
import { apply, get, kubectl, node } from '@my-app/test-support/cluster/kubectl';
import { nodePod } from '@my-app/test-support/cluster/node-pod';
import { onePod, type Pod } from '@my-app/test-support/cluster/pods';
import { beforeAll, expect, it } from 'vitest';

/** Two pods without labels that a policy selects; both listen on port 8080. */
const outsider = 'e2e-outsider';
const listener = 'e2e-listener';

let serviceA: Pod;
let serviceB: Pod;
/** The services' IP addresses, and two addresses that neither service needs. */
let a: string;
let b: string;
let stranger: string;
let dnsMetrics: string;

beforeAll(async () => {
  const listen = "require('node:http').createServer((_, response) => response.end()).listen(8080)";
  const readinessProbe = { httpGet: { port: 8080 }, periodSeconds: 1 };
  const names = [outsider, listener];
  atEnd(() => kubectl('delete', 'pod', ...names, '--now', '--ignore-not-found'));
  await apply(...names.map((name) => nodePod(name, ['--eval', listen], { readinessProbe })));
  const ready = ['--for=condition=Ready', '--timeout=60s'];
  await kubectl('wait', ...names.map((name) => `pod/${name}`), ...ready);

  [serviceA, serviceB] = await Promise.all([onePod('service-a'), onePod('service-b')]);
  [a, b] = [serviceA.status.podIP, serviceB.status.podIP];
  stranger = `${(await get<Pod>('pod', listener)).status.podIP}:8080`;
  const dns = await run('kubectl', [
    ...['get', 'pods', '--namespace', 'kube-system', '--selector', 'k8s-app=kube-dns'],
    ...['-o', 'jsonpath={.items[0].status.podIP}'],
  ]);
  dnsMetrics = `${dns}:9153`;
});

it('B can reach the two APIs of A, and nothing else', async () => {
  const grpc = `${release}-service-a-headless:50051`;
  const http = `${release}-service-a-headless:8011`;
  expect(await connections(serviceB, grpc, http, `${a}:9011`, stranger, dnsMetrics)).toEqual({
    [grpc]: 'open',
    [http]: 'open',
    [`${a}:9011`]: 'denied',
    [stranger]: 'denied',
    [dnsMetrics]: 'denied',
  });
});

it('A can reach only DNS', async () => {
  const dns = "import { lookup } from 'node:dns/promises';";
  const print = `console.log(JSON.stringify(await lookup('${release}-service-b')));`;
  expect(await node(serviceA.metadata.name, dns + print)).toMatchObject({ family: 4 });
  expect(await connections(serviceA, `${b}:8012`, `${b}:9012`, stranger, dnsMetrics)).toEqual({
    [`${b}:8012`]: 'denied',
    [`${b}:9012`]: 'denied',
    [stranger]: 'denied',
    [dnsMetrics]: 'denied',
  });
});

it('other pods can reach the API of B, but neither A nor an admin port', async () => {
  const pod = { metadata: { name: outsider } };
  const denied = [`${a}:8011`, `${a}:50051`, `${a}:9011`, `${b}:9012`];
  expect(await connections(pod, `${b}:8012`, stranger, dnsMetrics, ...denied)).toEqual({
    [`${b}:8012`]: 'open',
    // These listen, so it was the policies that denied them to A and B.
    [stranger]: 'open',
    [dnsMetrics]: 'open',
    ...Object.fromEntries(denied.map((address) => [address, 'denied'])),
  });
});

/**
 * Whether the pod can connect to each host:port. Does not try addresses of nodes, such as the API
 * server's: most networks let a pod reach its own node regardless of the policies.
 */
function connections(
  { metadata }: Pick<Pod, 'metadata'> | { metadata: { name: string } },
  ...addresses: string[]
): Promise<Record<string, 'open' | 'denied'>> {
  return node(metadata.name, connectScript, ...addresses);
}

const connectScript = `
import { connect } from 'node:net';

const attempt = (address) => new Promise((resolve) => {
  const [host, port] = address.split(':');
  const socket = connect({ host, port });
  const end = (result) => {
    resolve([address, result]);
    socket.destroy();
  };
  socket.on('connect', () => end('open')).on('error', () => end('denied'));
  setTimeout(() => end('denied'), 3000);
});
const results = await Promise.all(process.argv.slice(1).map(attempt));
console.log(JSON.stringify(Object.fromEntries(results)));
`;
