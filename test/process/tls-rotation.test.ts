import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import {
  certificateDirectory,
  createAuthority,
  issue,
  type Pem,
} from '@my-app/test-support/certificates';
import { keepAliveAgent, send } from '@my-app/test-support/http';
import { startLoad } from '@my-app/test-support/load';
import { type ServiceProcess, spawnService } from '@my-app/test-support/processes';
import { addressOf, byName, patientEnv } from '@my-app/test-support/services';
import { expect, test, vi } from 'vitest';

/** The serial number of the certificate that a server presents to new connections. */
function serialNumberAt(address: string, ca: string, own: Pem): Promise<string> {
  const [host, port] = address.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), ca, ...own, ALPNProtocols: ['h2'] }, () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
const serialOf = ({ cert }: Pem): string => new X509Certificate(cert).serialNumber;

async function rotated(service: ServiceProcess, times: number): Promise<void> {
  await vi.waitFor(
    () =>
      expect(service.logs.filter(({ msg }) => msg === 'certificates rotated')).toHaveLength(times),
    { timeout: 15_000 },
  );
}

test('certificates rotate under load, invalid ones are rejected, and no request fails', async () => {
  const [old, next] = await Promise.all([createAuthority(), createAuthority('next authority')]);
  const [oldOfA, oldOfB, nextOfA, nextOfB] = await Promise.all([
    issue(old),
    issue(old),
    issue(next),
    issue(next),
  ]);
  const filesOfA = await certificateDirectory({ ...oldOfA, ca: old.cert });
  const filesOfB = await certificateDirectory({ ...oldOfB, ca: old.cert });
  const a = await spawnService('service-a', { ...filesOfA.env, GRPC_MAX_CONNECTION_AGE_MS: 500 });
  const b = await spawnService('service-b', {
    ...addressOf(byName(a)),
    ...patientEnv,
    ...filesOfB.env,
  });
  const agent = keepAliveAgent();
  const load = startLoad(
    async () => {
      const { status, text } = await send(`${b.http}/ping_service_a`, { agent });
      return status === 200 ? status : `${status} ${text}`;
    },
    { concurrency: 4, pauseMs: 20 },
  );
  await load.answered(20);
  expect(await serialNumberAt(a.grpc, old.cert, oldOfB)).toBe(serialOf(oldOfA));

  // A new authority is introduced in two steps: first trusted in addition to the old one, then used.
  const ca = `${old.cert}\n${next.cert}`;
  await Promise.all([filesOfA.write({ ca }), filesOfB.write({ ca })]);
  await Promise.all([rotated(a, 1), rotated(b, 1)]);
  await Promise.all([filesOfA.write(nextOfA), filesOfB.write(nextOfB)]);
  await Promise.all([rotated(a, 2), rotated(b, 2)]);
  expect(await serialNumberAt(a.grpc, next.cert, nextOfB)).toBe(serialOf(nextOfA));

  // A key that does not match, as after a failed rotation.
  await filesOfA.write({ key: nextOfB.key });
  const refused = await a.logged(({ msg }) => msg.startsWith('new certificates rejected'));
  expect(refused).toMatchObject({ level: 'warn' });
  expect(refused.reason).toMatch(/GRPC_TLS_KEY_FILE=.* is not the key of the certificate/);
  expect(await serialNumberAt(a.grpc, next.cert, nextOfB)).toBe(serialOf(nextOfA));

  await load.answered(100);
  expect(Object.keys((await load.stop()).statuses)).toEqual(['200']);
}, 180_000);
