import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { Server } from '@grpc/grpc-js';
import { createAuthority, issue } from '@my-app/test-support/certificates';
import { atEnd } from '@my-app/test-support/cleanup';
import { describe, expect, test, vi } from 'vitest';
import { loadCredentials } from '../../../src/grpc/tls/credentials.ts';
import { createMetrics } from '../../../src/runtime/metrics.ts';
import { inHours, issueCertificates, past } from '../../support/certificates.ts';
import { captureLogs, type LogLine } from '../../support/logs.ts';
import { sampleOf } from '../../support/metrics.ts';

const { authority, first, second, directory } = await issueCertificates();

describe('the expiry', () => {
  test('is a metric: that of the first certificate of the chain to expire', async () => {
    const files = await directory();
    const soonest = inHours(48);
    const intermediate = await createAuthority('intermediate', { notAfterDate: soonest });
    await files.write({ cert: `${first.cert}\n${intermediate.cert}` });
    const metrics = createMetrics();
    const { logger, lines } = captureLogs();
    const { close } = await loadCredentials(files.env, { logger, metrics });
    close();
    expect(await sampleOf(metrics.certificateExpiry)).toBe(Math.floor(soonest.getTime() / 1000));
    expect(lines).toEqual([]);
  });

  test('is logged once if it is within a day', async () => {
    const { files, metrics, lines } = await listen();
    const soon = inHours(23);
    await files.write(await issue(authority, 'soon', [], { notAfterDate: soon }));
    await rotated(lines);
    const warning = { level: 40, msg: 'the certificate expires within a day' };
    expect(lines.at(-1)).toMatchObject(warning);
    expect(await sampleOf(metrics.certificateExpiry)).toBe(Math.floor(soon.getTime() / 1000));
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

const isRotation = ({ msg }: LogLine): boolean => msg === 'certificates rotated';

/** A line that rejects the first half of the rotation may come before. */
function rotated(lines: LogLine[]): Promise<void> {
  const seen = () => expect(lines.map(({ msg }) => msg)).toContain('certificates rotated');
  return vi.waitFor(seen, 5000);
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
