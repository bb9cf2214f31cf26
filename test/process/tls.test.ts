import { credentials, status } from '@grpc/grpc-js';
import {
  type CertificateDirectory,
  certificateDirectory,
  createAuthority,
  issue,
} from '@my-app/test-support/certificates';
import { greetingClient } from '@my-app/test-support/grpc';
import { send } from '@my-app/test-support/http';
import { metric } from '@my-app/test-support/metrics';
import { spawnService } from '@my-app/test-support/processes';
import { byName, patientEnv, startServiceA, startServiceB } from '@my-app/test-support/services';
import { expect, test } from 'vitest';

const authority = await createAuthority();
const stranger = await createAuthority('another authority');

const certificates = async (): Promise<CertificateDirectory> =>
  certificateDirectory({ ...(await issue(authority)), ca: authority.cert });

test('B reaches A over mutual TLS, and both report when their certificates expire', async () => {
  const a = await startServiceA((await certificates()).env);
  const b = await startServiceB(byName(a), { ...patientEnv, ...(await certificates()).env });
  expect((await send(`${b.http}/ping_service_a`)).status).toBe(200);
  const inDays = async (admin: string): Promise<number> => {
    const expiry = await metric(admin, 'tls_certificate_not_after_timestamp_seconds');
    return Math.round((expiry * 1000 - Date.now()) / 86_400_000);
  };
  expect(await inDays(a.admin)).toBe(365);
  expect(await inDays(b.admin)).toBe(365);
});

test.for([
  ['without TLS', () => credentials.createInsecure()],
  ['without a certificate', () => credentials.createSsl(Buffer.from(authority.cert))],
  [
    'with a certificate of another authority',
    async () => {
      const { key, cert } = await issue(stranger);
      return credentials.createSsl(
        Buffer.from(authority.cert),
        Buffer.from(key),
        Buffer.from(cert),
      );
    },
  ],
] as const)('a client %s is rejected, which the server logs', async ([, channel]) => {
  const a = await spawnService('service-a', { LOG_LEVEL: 'info', ...(await certificates()).env });
  const greet = greetingClient(byName(a).grpc, await channel());
  await expect(greet('Ada', { deadline: Date.now() + 2000 })).rejects.toMatchObject({
    code: status.UNAVAILABLE,
  });
  await a.logged(({ msg }) => msg === 'handshake failed');
  // The right certificate works, so the call did not fail for another reason.
  const { key, cert } = await issue(authority);
  const pem = [authority.cert, key, cert].map((text) => Buffer.from(text));
  const welcome = greetingClient(
    byName(a).grpc,
    credentials.createSsl(...(pem as [Buffer, Buffer, Buffer])),
  );
  await expect(welcome('Ada')).resolves.toContain('Ada');
});

test('the IP address of Service A is rejected at startup', async () => {
  const b = startServiceB({ grpc: '127.0.0.1:50051' }, (await certificates()).env);
  await expect(b).rejects.toThrow('must be a host name, not 127.0.0.1:50051');
});

test('a Service A with a certificate of another authority is rejected', async () => {
  const a = await startServiceA(
    (await certificateDirectory({ ...(await issue(stranger)), ca: authority.cert })).env,
  );
  const b = await startServiceB(byName(a), { ...patientEnv, ...(await certificates()).env });
  expect((await send(`${b.http}/ping_service_a`)).status).toBe(503);
});

test('a Service A with a certificate for another name is rejected', async () => {
  const elsewhere = await issue(authority, 'service-x', []);
  const a = await startServiceA(
    (await certificateDirectory({ ...elsewhere, ca: authority.cert })).env,
  );
  const b = await startServiceB(byName(a), { ...patientEnv, ...(await certificates()).env });
  expect((await send(`${b.http}/ping_service_a`)).status).toBe(503);
});
