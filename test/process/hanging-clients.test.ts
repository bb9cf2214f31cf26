import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { credentials } from '@grpc/grpc-js';
import { certificateDirectory, createAuthority, issue } from '@my-app/test-support/certificates';
import { atEnd } from '@my-app/test-support/cleanup';
import { greetingClient } from '@my-app/test-support/grpc';
import { send } from '@my-app/test-support/http';
import { metric } from '@my-app/test-support/metrics';
import { type ServiceProcess, spawnService } from '@my-app/test-support/processes';
import { frame } from '@my-app/test-support/raw-grpc';
import { frameType, h2Frame, openCalls } from '@my-app/test-support/raw-http2';
import { byName } from '@my-app/test-support/services';
import { describe, expect, test, vi } from 'vitest';

/** Less than a request may take to arrive, in ms. */
const shutdownTimeout = 8000;
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n`;

async function open(port: number | undefined, bytes: string): Promise<Socket> {
  const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
  atEnd(() => socket.destroy());
  await once(socket, 'connect');
  if (bytes) socket.write(bytes);
  return socket;
}

/** A client that does not read, with a small receive buffer. */
async function unread(port: number | undefined, bytes: string): Promise<Socket> {
  const socket = await open(port, bytes);
  socket.pause();
  return socket;
}

const post = 'POST /service_a/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
const trailer = 'Transfer-Encoding: chunked\r\n\r\n0\r\nX: ';
const greet = '/greeting.v1.GreetingService/Greet';
const hanging: Record<string, (a: ServiceProcess) => Promise<unknown>> = {
  'in the middle of a header': (a) => open(a.ports.http, `${get('/greeting')}X: `),
  'with an unread response': (a) =>
    unread(a.ports.http, `${get('/docs/swagger-ui-bundle.js')}\r\n`),
  'with pipelined requests': (a) => unread(a.ports.http, `${get('/greeting')}\r\n`.repeat(5000)),
  'that has closed its half': async (a) => (await open(a.ports.http, get('/greeting'))).end(),
  'in the middle of a body on the admin port': (a) =>
    open(a.ports.admin, 'POST /faults HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{'),
  'in the middle of a trailer on the admin port': (a) =>
    open(a.ports.admin, `POST /faults HTTP/1.1\r\nHost: a\r\n${trailer}`),
  'with an unread response of the admin port': (a) =>
    unread(a.ports.admin, `${get('/metrics')}\r\n`.repeat(50)),
  'without an HTTP/2 preface': (a) => open(a.ports.grpc, ''),
  'with half an HTTP/2 preface': (a) => open(a.ports.grpc, 'PRI * HTTP/2.0\r\n'),
  'with an incomplete gRPC request': (a) => openCalls(a.grpc, greet, 10),
  'in the middle of the trailers of a gRPC request': async (a) => {
    const socket = await openCalls(a.grpc, greet, 1);
    socket.write(h2Frame(frameType.data, 0, 1, frame(Buffer.of())));
    socket.write(h2Frame(frameType.headers, 1, 1, Buffer.of())); // ends the stream, but not its headers
  },
  'with an unread gRPC answer': async (a) => {
    const socket = await openCalls(a.grpc, greet, 1);
    const noWindow = Buffer.of(0, 4, 0, 0, 0, 0); // SETTINGS_INITIAL_WINDOW_SIZE
    socket.write(h2Frame(frameType.settings, 0, 0, noWindow));
    socket.write(h2Frame(frameType.data, 1, 1, frame(Buffer.of())));
  },
};

describe('every shutdown ends in time with code 0, whatever a client does', () => {
  test.each(Object.entries(hanging))('%s', async (_what, hang) => {
    const a = await spawnService('service-a', { SHUTDOWN_TIMEOUT_MS: shutdownTimeout });
    await hang(a);
    await send(`${a.http}/greeting`); // by now the server has read what the client sent
    const signaled = performance.now();
    a.kill('SIGTERM');
    expect((await a.exited).code).toBe(0);
    expect(performance.now() - signaled).toBeLessThan(shutdownTimeout);
  });

  test.each(['Content-Length: 10\r\n\r\n{', 'Transfer-Encoding: chunked\r\n\r\n5\r\n{', trailer])(
    'in the middle of a body that the server reads: %j',
    async (body) => {
      const b = await spawnService('service-b', { SHUTDOWN_TIMEOUT_MS: shutdownTimeout });
      await open(b.ports.http, `${post}${body}`);
      await vi.waitFor(async () =>
        expect(await metric(b.admin, 'http_server_active_requests')).toBe(1),
      );
      b.kill('SIGTERM');
      expect((await b.exited).code).toBe(0);
    },
  );

  test('in the middle of a TLS handshake', async () => {
    const authority = await createAuthority();
    const { env } = await certificateDirectory({ ...(await issue(authority)), ca: authority.cert });
    const a = await spawnService('service-a', { ...env, SHUTDOWN_TIMEOUT_MS: shutdownTimeout });
    await open(a.ports.grpc, '\x16\x03\x01\x02\x00\x01');
    await send(`${a.http}/greeting`);
    a.kill('SIGTERM');
    expect((await a.exited).code).toBe(0);
  });
});

test.each(['plain text', 'TLS'])(
  '700 idle connections to the gRPC port block no caller, and are counted: %s',
  async (transport) => {
    const authority = await createAuthority();
    const { cert, key } = await issue(authority);
    const { env } = await certificateDirectory({ cert, key, ca: authority.cert });
    const tls = transport === 'TLS';
    const a = await spawnService('service-a', tls ? env : {});
    for (let n = 0; n < 700; n++) await open(a.ports.grpc, '');
    const pem = [authority.cert, key, cert].map((text) => Buffer.from(text));
    const channel = credentials.createSsl(...(pem as [Buffer, Buffer, Buffer]));
    const greet = tls ? greetingClient(byName(a).grpc, channel) : greetingClient(a.grpc);
    expect(await greet('Ada')).toContain('Ada');
    const closed = (reason: string) =>
      metric(a.admin, 'server_connections_closed_total', { server: 'grpc', reason });
    expect(await closed('limit')).toBeGreaterThan(90);
    await vi.waitFor(async () => expect(await closed('handshake_timeout')).toBeGreaterThan(500), {
      timeout: 20_000,
      interval: 500,
    });
    expect(await greet('Ada')).toContain('Ada');
  },
);
