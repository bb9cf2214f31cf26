import { X509Certificate } from 'node:crypto';
import { createAuthority, issue } from '@my-app/test-support/certificates';
import { atEnd } from '@my-app/test-support/cleanup';
import { namespace, release } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { greetOverTls } from '@my-app/test-support/cluster/greet-tls';
import { apply, get, kubectl, node } from '@my-app/test-support/cluster/kubectl';
import { allTargets, expectNoFailures, startLoad } from '@my-app/test-support/cluster/load';
import { identities, pods } from '@my-app/test-support/cluster/pods';
import { expect, test } from 'vitest';
import { services } from '../../../tools/services.ts';
import { conditionOf } from './support/conditions.ts';

const headless = `${release}-service-a-headless`;

/** What cert-manager put into the secret of a service. */
async function issued(service: string) {
  const { data } = await get<{ data: Record<string, string> }>(
    `secret/${release}-${service}-grpc-tls`,
  );
  const pem = (name: string) => `${Buffer.from(data[name] ?? '', 'base64')}`;
  return { cert: pem('tls.crt'), key: pem('tls.key'), ca: pem('ca.crt') };
}

test('each service has its own certificate for the names that clients dial', async () => {
  for (const service of services) {
    expect(await conditionOf(`certificate/${release}-${service}`, 'Ready')).toMatch(/^True/);
  }
  const a = new X509Certificate((await issued('service-a')).cert);
  const b = new X509Certificate((await issued('service-b')).cert);
  const dialled = [headless, `${headless}.${namespace}.svc.cluster.local`, `${release}-service-a`];
  for (const name of dialled) {
    expect(a.checkHost(name), name).toBe(name);
    expect(b.checkHost(name), name).toBeUndefined();
  }
});

test('A rejects a client without a certificate or from an unknown authority', async () => {
  const b = await issued('service-b');
  expect(await greetOverTls(release, b)).toBe('Hello from Service A!');
  await expect(greetOverTls(release, { ca: b.ca })).rejects.toThrow('UNAVAILABLE');
  const stranger = await issue(await createAuthority('stranger'), `${release}-service-b`);
  await expect(greetOverTls(release, { ...stranger, ca: b.ca })).rejects.toThrow('UNAVAILABLE');
});

test('certificates are renewed twice under load, with new keys and without a failed request', async () => {
  const before = await allPods();
  const [firstKey, firstExpiries] = [(await issued('service-a')).key, await expiries()];
  const load = await startLoad({ ping: { ...allTargets().ping, perSecond: 30 } });
  const secondExpiries = await renewed(firstExpiries);
  const thirdExpiries = await renewed(secondExpiries);
  expectNoFailures(await load.stop());

  expect((await allPods()).map(identities)).toEqual(before.map(identities));
  expect((await issued('service-a')).key).not.toBe(firstKey);
  for (const [pod, expiry] of Object.entries(thirdExpiries)) {
    console.log(`${pod}: ${firstExpiries[pod]}, then ${secondExpiries[pod]}, then ${expiry}`);
  }
});

test("OpenBao's PKI signs only for the names of the services", async () => {
  const dnsNames = [headless, `${headless}.${namespace}.svc.cluster.local`];
  await request('signed', dnsNames);
  await eventually(
    async () => expect(await conditionOf('certificate/signed', 'Ready')).toMatch(/^True/),
    { withinMs: 30_000 },
  );
  await request('refused', ['payments']);
  await eventually(
    async () =>
      expect(await conditionOf('certificate/refused', 'Issuing')).toMatch(
        /not allowed by this role/,
      ),
    { withinMs: 30_000 },
  );
});

/** Asks for a certificate by the issuer of deploy/secrets. */
async function request(name: string, dnsNames: string[]): Promise<void> {
  atEnd(() => kubectl('delete', `certificate/${name}`));
  const privateKey = { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' };
  await apply({
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name },
    spec: {
      secretName: name,
      issuerRef: { name: 'openbao' },
      dnsNames,
      duration: '1h',
      privateKey,
    },
  });
}

const allPods = () => Promise.all(services.map((service) => pods(service)));

/** When the certificate that each pod uses expires, by its metric, in seconds since the epoch. */
async function expiries(): Promise<Record<string, number>> {
  const names = (await allPods()).flat().map(({ metadata }) => metadata.name);
  const entries = names.map(async (name) => {
    const port = name.includes('service-a') ? 9011 : 9012;
    return [name, await node<number>(name, readExpiry, `${port}`)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

const readExpiry = `
const response = await fetch('http://localhost:' + process.argv[1] + '/metrics');
console.log(/^tls_certificate_not_after_timestamp_seconds(?:{.*})? (.+)$/m.exec(await response.text())[1]);
`;

/** Has cert-manager renew all certificates now, as `cmctl renew` does. Waits until every pod uses one that expires later. */
async function renewed(before: Record<string, number>): Promise<Record<string, number>> {
  const lastTransitionTime = new Date().toISOString();
  const value = {
    type: 'Issuing',
    status: 'True',
    reason: 'ManuallyTriggered',
    lastTransitionTime,
  };
  const patch = JSON.stringify([{ op: 'add', path: '/status/conditions/-', value }]);
  for (const service of services) {
    await kubectl(
      ...['patch', `certificate/${release}-${service}`, '--subresource=status'],
      ...['--type=json', '--patch', patch],
    );
  }
  return eventually(
    async () => {
      // The kubelet looks at mounted secrets once a minute, and when something about the pod changes.
      await kubectl(
        ...['annotate', 'pods', '--selector=app.kubernetes.io/instance=my-app', '--overwrite'],
        `e2e/touched=${Date.now()}`,
      );
      const now = await expiries();
      for (const [pod, expiry] of Object.entries(before)) {
        expect(now[pod], pod).toBeGreaterThan(expiry);
      }
      return now;
    },
    { withinMs: 120_000, everyMs: 3000 },
  );
}
