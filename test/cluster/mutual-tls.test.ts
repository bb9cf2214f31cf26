import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthority, issue, type Pem } from '@my-app/test-support/certificates';
import { atEnd } from '@my-app/test-support/cleanup';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { greetOverTls } from '@my-app/test-support/cluster/greet-tls';
import { apply, kubectl } from '@my-app/test-support/cluster/kubectl';
import { allTargets, expectNoFailures, startLoad } from '@my-app/test-support/cluster/load';
import { identities, pods } from '@my-app/test-support/cluster/pods';
import { deploy, helm } from '@my-app/test-support/cluster/release';
import { beforeAll, expect, it } from 'vitest';
import { services } from '../../tools/services.ts';

/** A separate release, because the shared one has no TLS. */
const release = 'tls';
const secret = 'tls-grpc';
const hostname = `${release}-service-a-headless`;

let authority: Pem;
let newAuthority: Pem;

beforeAll(async () => {
  [authority, newAuthority] = await Promise.all([createAuthority('old'), createAuthority('new')]);
  await store(await issue(authority, hostname), authority.cert);
  atEnd(() => helm('uninstall', release, '--ignore-not-found', '--wait'));
  await deploy(
    release,
    ...['--set', `global.grpcTls.secretName=${secret},global.config.LOG_LEVEL=info`],
    ...['--set', 'service-a.replicaCount=1,service-b.replicaCount=1'],
    // New connections, and so new handshakes, every few seconds.
    ...['--set', 'service-a.config.GRPC_MAX_CONNECTION_AGE_MS=3000'],
  );
});

it('A rejects a client without a certificate or from an unknown authority', async () => {
  const { cert, key } = await issue(authority, 'e2e');
  expect(await greetWith({ ca: authority.cert, cert, key })).toBe('Hello from Service A!');
  await expect(greetWith({ ca: authority.cert })).rejects.toThrow('UNAVAILABLE');
  const stranger = await issue(newAuthority, 'e2e');
  await expect(greetWith({ ...stranger, ca: authority.cert })).rejects.toThrow('UNAVAILABLE');
});

it('loads a renewed certificate and a new authority without a restart', async () => {
  const before = await allPods();
  const { ping } = allTargets(release);
  const load = await startLoad({ ping });

  const both = [authority.cert, newAuthority.cert].join('\n');
  await rotate(await issue(authority, hostname), authority.cert);
  await rotate(await issue(authority, hostname), both);
  await rotate(await issue(newAuthority, hostname), both);
  await rotate(await issue(newAuthority, hostname), newAuthority.cert);
  await sleep(7000); // B reconnects with the last certificates.

  expectNoFailures(await load.stop());
  expect((await allPods()).map(identities)).toEqual(before.map(identities));
  const [known, unknown] = await Promise.all([issue(newAuthority, 'e2e'), issue(authority, 'e2e')]);
  expect(await greetWith({ ...known, ca: newAuthority.cert })).toBe('Hello from Service A!');
  await expect(greetWith({ ...unknown, ca: newAuthority.cert })).rejects.toThrow('UNAVAILABLE');
});

/** Updates the secret and waits until both services use its content. */
async function rotate(leaf: Pem, authorities: string): Promise<void> {
  const before = await Promise.all(services.map(rotations));
  await store(leaf, authorities);
  // The kubelet updates mounted secrets once a minute, and when the pod changes.
  const touched = `e2e/rotated=${Date.now()}`;
  await kubectl('annotate', 'pods', `--selector=${instance}`, '--overwrite', touched);
  await eventually(
    async () => {
      const after = await Promise.all(services.map(rotations));
      expect(after).toEqual(before.map((count) => count + 1));
    },
    { withinMs: 120_000 },
  );
}

const instance = `app.kubernetes.io/instance=${release}`;

async function rotations(service: string): Promise<number> {
  const log = await kubectl('logs', `deployment/${release}-${service}`);
  return log.split('certificates rotated').length - 1;
}

function store({ cert, key }: Pem, authorities: string): Promise<void> {
  return apply({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name: secret },
    stringData: { 'tls.crt': cert, 'tls.key': key, 'ca.crt': authorities },
  });
}

const allPods = () => Promise.all(services.map((service) => pods(service, release)));

const greetWith = (pem: Parameters<typeof greetOverTls>[1]) => greetOverTls(release, pem);
