import { rm, writeFile } from 'node:fs/promises';
import { createAuthority, issue } from '@my-app/test-support/certificates';
import { describe, expect, test } from 'vitest';
import type { TlsSettings } from '../../../src/grpc/tls/certificate-files.ts';
import { loadCredentials } from '../../../src/grpc/tls/credentials.ts';
import { createMetrics } from '../../../src/runtime/metrics.ts';
import { StartError } from '../../../src/runtime/start-error.ts';
import { inHours, issueCertificates, past } from '../../support/certificates.ts';
import { silent } from '../../support/logs.ts';

const { authority, first, second, directory } = await issueCertificates();

describe('at startup', () => {
  test('without files, there is no TLS', async () => {
    const { server, channel, close } = await loadCredentials({}, quiet());
    expect(server._isSecure()).toBe(false);
    expect(channel._isSecure()).toBe(false);
    close();
  });

  test.each(['GRPC_TLS_CERT_FILE', 'GRPC_TLS_KEY_FILE', 'GRPC_TLS_CA_FILE'])(
    '%s alone, or alone missing, is rejected',
    async (variable) => {
      const { [variable]: _missing, ...others } = (await directory()).env;
      for (const settings of [{ [variable]: '/tls/file' }, others]) {
        await expect(refusal(settings)).resolves.toBe(
          'GRPC_TLS_CERT_FILE, GRPC_TLS_KEY_FILE and GRPC_TLS_CA_FILE go together: set all three or none',
        );
      }
    },
  );

  test.each([
    ['GRPC_TLS_CERT_FILE', 'cert'],
    ['GRPC_TLS_KEY_FILE', 'key'],
    ['GRPC_TLS_CA_FILE', 'ca'],
  ] as const)('%s that is missing or broken is named', async (variable, file) => {
    const files = await directory();
    const path = files.env[variable] as string;
    await files.write({ [file]: 'no certificate' });
    await expect(refusal(files.env)).resolves.toMatch(`${variable}=${path} is not valid PEM: `);
    await rm(path);
    await expect(refusal(files.env)).resolves.toMatch(
      `${variable}=${path} cannot be read: ENOENT: no such file or directory`,
    );
    await writeFile(path, ''); // for the cleanup of the directory
  });

  test('a key of another certificate is rejected', async () => {
    const files = await directory();
    await files.write({ key: second.key });
    const { GRPC_TLS_KEY_FILE: key, GRPC_TLS_CERT_FILE: cert } = files.env;
    await expect(refusal(files.env)).resolves.toBe(
      `GRPC_TLS_KEY_FILE=${key} is not the key of the certificate GRPC_TLS_CERT_FILE=${cert}`,
    );
  });

  test('a certificate that has expired, or is not valid yet, is rejected', async () => {
    const files = await directory();
    const cert = files.env.GRPC_TLS_CERT_FILE;
    await files.write(await issue(authority, 'old', [], past));
    await expect(refusal(files.env)).resolves.toMatch(
      `GRPC_TLS_CERT_FILE=${cert} has expired: CN=old, on `,
    );
    await files.write(await issue(authority, 'early', [], { notBeforeDate: inHours(1) }));
    await expect(refusal(files.env)).resolves.toMatch(
      `GRPC_TLS_CERT_FILE=${cert} is not valid yet: CN=early, from `,
    );
  });

  test('a key that is too short for TLS is rejected', async () => {
    const files = await directory();
    await files.write(await createAuthority('short', { keyType: 'rsa', keySize: 1024 }));
    await expect(refusal(files.env)).resolves.toMatch('is not accepted by TLS: ');
  });

  test('each certificate of the chain is checked', async () => {
    const files = await directory();
    const old = await createAuthority('intermediate', past);
    await files.write({ cert: `${first.cert}\n${old.cert}` });
    await expect(refusal(files.env)).resolves.toContain('has expired: CN=intermediate');
    for (const damaged of [old.cert.slice(0, 300), old.cert.replace(/\n.{20}/, '\n????')]) {
      await files.write({ cert: `${first.cert}\n${damaged}` });
      await expect(refusal(files.env)).resolves.toContain('is not valid PEM');
    }
    await files.write({ cert: `${first.cert}\n${authority.cert}` });
    await expect(loadCredentials(files.env, quiet())).resolves.toBeDefined();
  });

  test('one of the authorities must be valid', async () => {
    const files = await directory();
    const old = await createAuthority('former authority', past);
    await files.write({ ca: old.cert });
    await expect(refusal(files.env)).resolves.toContain('has expired: CN=former authority');
    await files.write({ ca: `${old.cert}\n${authority.cert}` });
    await expect(loadCredentials(files.env, quiet())).resolves.toBeDefined();
  });
});

const quiet = () => ({ logger: silent, metrics: createMetrics() });

/** Why credentials are rejected. */
async function refusal(settings: TlsSettings): Promise<string> {
  const error = await loadCredentials(settings, quiet()).catch((error) => error);
  expect(error).toBeInstanceOf(StartError);
  return error.message;
}
