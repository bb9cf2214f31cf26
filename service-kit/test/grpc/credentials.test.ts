import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
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
import { createMetrics, type Metrics } from '../../src/runtime/metrics.ts';
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

  test('a key that TLS finds too short is rejected', async () => {
    const files = await directory();
    await files.write(await createAuthority('short', { keyType: 'rsa', keySize: 1024 }));
    await expect(refusal(files.env)).resolves.toMatch('is not accepted by TLS: ');
  });

  test('each certificate of the chain is looked at', async () => {
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

  test('of the authorities one must be valid', async () => {
    const files = await directory();
    const old = await createAuthority('former authority', past);
    await files.write({ ca: old.cert });
    await expect(refusal(files.env)).resolves.toContain('has expired: CN=former authority');
    await files.write({ ca: `${old.cert}\n${authority.cert}` });
    await expect(loadCredentials(files.env, quiet())).resolves.toBeDefined();
  });
});

describe('the expiry', () => {
  const secondsOf = async ({ certificateExpiry }: Pick<Metrics, 'certificateExpiry'>) =>
    (await certificateExpiry.get()).values[0]?.value;

  test('of the first certificate of the chain to expire is a metric', async () => {
    const files = await directory();
    const soonest = inHours(48);
    const intermediate = await createAuthority('intermediate', { notAfterDate: soonest });
    await files.write({ cert: `${first.cert}\n${intermediate.cert}` });
    const metrics = createMetrics();
    const { logger, lines } = captureLogs();
    const { close } = await loadCredentials(files.env, { logger, metrics });
    close();
    expect(await secondsOf(metrics)).toBe(Math.floor(soonest.getTime() / 1000));
    expect(lines).toEqual([]);
  });

  test('within a day is in the log, once', async () => {
    const { files, metrics, lines } = await listen();
    const soon = inHours(23);
    await files.write(await issue(authority, 'soon', [], { notAfterDate: soon }));
    await rotated(lines);
    const warning = { level: 40, msg: 'the certificate expires within a day' };
    expect(lines.at(-1)).toMatchObject(warning);
    expect(await secondsOf(metrics)).toBe(Math.floor(soon.getTime() / 1000));
    await files.write({ ca: `${authority.cert}\n` }); // read again, and rotated
    await vi.waitFor(() => expect(lines.filter(isRotation)).toHaveLength(2));
    await sleep(100); // ten times the files are read
    expect(lines.filter(({ msg }) => msg === warning.msg)).toHaveLength(2);
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

  test.each([
    ['an expired certificate', () => issue(authority, 'old', [], past)],
    [
      'a damaged chain',
      async () => ({ ...second, cert: `${second.cert}${authority.cert.slice(9)}` }),
    ],
    ['a chain that is cut', async () => ({ ...second, cert: second.cert.slice(0, -60) })],
  ])('%s never replaces a good one, and is logged once', async (_what, bad) => {
    const { files, peerName, lines } = await listen();
    await files.write(await bad());
    await vi.waitFor(() => expect(lines).not.toEqual([]), 5000);
    expect(await peerName()).toBe('first');
    await sleep(200); // twenty times the files are read
    expect(lines.length).toBeLessThan(3); // one for each file that was replaced
    await files.write(second);
    await rotated(lines);
    expect(await peerName()).toBe('second');
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

const inHours = (hours: number): Date => new Date(Date.now() + hours * 3_600_000);
const past = { notBeforeDate: inHours(-48), notAfterDate: inHours(-24) };

const isRotation = ({ msg }: LogLine): boolean => msg === 'certificates rotated';

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
