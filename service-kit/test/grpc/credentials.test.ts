import { rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:tls';
import { Server } from '@grpc/grpc-js';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type CertificateDirectory,
  certificateDirectory,
  createAuthority,
  issue,
  type Pem,
} from '../../../test/support/certificates.ts';
import { atEnd } from '../../../test/support/cleanup.ts';
import type { TlsSettings } from '../../src/grpc/certificate-files.ts';
import { loadCredentials } from '../../src/grpc/credentials.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { StartError } from '../../src/runtime/start-error.ts';
import { captureLogs, type LogLine, silent } from '../support/logs.ts';

let authority: Pem;
let first: Pem;
let second: Pem;
beforeAll(async () => {
  authority = await createAuthority();
  [first, second] = await Promise.all([issue(authority, 'first'), issue(authority, 'second')]);
});

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

  test('a metric reports when the certificate expires', async () => {
    const { metrics } = await listen();
    const { values } = await metrics.certificateExpiry.get();
    expect(values[0]?.value).toBeGreaterThan(Date.now() / 1000);
  });
});

describe('rotation', () => {
  test('new connections get the new certificate', async () => {
    const { files, peerName, lines } = await listen();
    expect(await peerName()).toBe('first');
    await files.write(second);
    await rotated(lines);
    expect(await peerName()).toBe('second');
  });

  test('invalid files are rejected, and the old ones stay in use', async () => {
    const { files, peerName, lines } = await listen();
    await files.write({ key: second.key });
    await vi.waitFor(() => expect(lines).not.toEqual([]), 5000);
    expect(lines[0]).toMatchObject({
      msg: 'new certificates rejected, still using the old ones',
      reason: expect.stringContaining('is not the key of the certificate'),
    });
    expect(await peerName()).toBe('first');
  });

  test('a rotation is complete when its second file arrives', async () => {
    const { files, peerName, lines } = await listen();
    await files.write({ cert: second.cert });
    await vi.waitFor(() => expect(lines).not.toEqual([]), 5000);
    await files.write({ key: second.key });
    await rotated(lines);
    expect(await peerName()).toBe('second');
  });
});

/** A line that rejects the first half of the rotation may come before. */
function rotated(lines: LogLine[]): Promise<void> {
  const seen = () => expect(lines.map(({ msg }) => msg)).toContain('certificates rotated');
  return vi.waitFor(seen, 5000);
}

const quiet = () => ({ logger: silent, metrics: createMetrics() });

function directory(): Promise<CertificateDirectory> {
  return certificateDirectory({ ...first, ca: authority.cert });
}

/** Why credentials are rejected. */
async function refusal(settings: TlsSettings): Promise<string> {
  const error = await loadCredentials(settings, quiet()).catch((error) => error);
  expect(error).toBeInstanceOf(StartError);
  return error.message;
}

/** A server with certificate files, and the name in the certificate that it presents. */
async function listen() {
  const files = await directory();
  const metrics = createMetrics();
  const { logger, lines } = captureLogs();
  const credentials = await loadCredentials(files.env, { logger, metrics, refreshMs: 10 });
  const server = new Server();
  atEnd(() => {
    server.forceShutdown();
    credentials.close();
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials.server, (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const peerName = () =>
    new Promise<string>((resolve, reject) => {
      const { cert, key } = first;
      const checkServerIdentity = () => undefined; // the test checks the name
      const socket = connect({ port, cert, key, ca: authority.cert, checkServerIdentity });
      socket.on('error', reject);
      socket.on('secureConnect', () => {
        resolve(`${socket.getPeerCertificate().subject.CN}`);
        socket.destroy();
      });
    });
  return { files, credentials, metrics, lines, peerName };
}
