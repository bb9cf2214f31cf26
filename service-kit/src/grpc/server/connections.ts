import type { Http2Server, ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { type Connection, ConnectionLimits } from '../../runtime/connection-limits.ts';
import type { OpenCall } from './calls.ts';
import type { Failures } from './failures.ts';

const maxConnections = 600;
/** Time for the TLS handshake and HTTP/2's first settings, in ms. */
const handshakeTimeout = 5000;

/** A connection with its open calls. */
export class GrpcConnection implements Connection {
  readonly calls = new Set<OpenCall>();
  readonly #socket: Socket;
  readonly #failures: Pick<Failures, 'handshake'>;
  completed = 0;
  /** Why TLS failed, where Node.js says so: not where it rejects a certificate. */
  error: Error = new Error('the certificate was rejected, or the client disconnected');
  #greeted = false;

  constructor(socket: Socket, failures: Pick<Failures, 'handshake'>) {
    this.#socket = socket;
    this.#failures = failures;
  }

  greet(): void {
    this.#greeted = true;
  }

  greeted(): boolean {
    return this.#greeted;
  }

  closing(): void {
    // Others are probes that only connect.
    if (!this.#greeted && this.#socket.bytesRead > 0) this.#failures.handshake(this.error);
  }

  serving(): boolean {
    for (const call of this.calls) if (!call.waitsForClient()) return true;
    return false;
  }
}

/** Bounds the connections of an HTTP/2 server, and finds the one that a session belongs to. */
export class GrpcConnections {
  readonly #sockets = new Map<string, Socket>();
  readonly #limits: ConnectionLimits<GrpcConnection>;

  constructor(server: Http2Server, failures: Pick<Failures, 'handshake'>) {
    this.#limits = new ConnectionLimits<GrpcConnection>(server, {
      name: 'grpc',
      connections: maxConnections,
      handshakeTimeout,
      open: (socket) => this.#open(socket, failures),
    });
    server.on('tlsClientError', (error: Error, socket: Socket) => {
      const { connection } = this.of({ socket }) ?? {};
      if (connection) connection.error = error;
    });
    server.on('session', (session) => {
      session.once('remoteSettings', () => this.of(session)?.connection.greet());
    });
  }

  /** Undefined where the connection is closing. */
  of(session: Pick<ServerHttp2Session, 'socket'> | undefined) {
    const socket = session?.socket && this.#sockets.get(peer(session.socket));
    const connection = socket && this.#limits.of(socket);
    return connection && { socket, connection };
  }

  answered(socket: Socket): void {
    this.#limits.answered(socket);
  }

  #open(socket: Socket, failures: Pick<Failures, 'handshake'>): GrpcConnection {
    const key = peer(socket);
    this.#sockets.set(key, socket);
    socket.once('close', () => {
      if (this.#sockets.get(key) === socket) this.#sockets.delete(key);
    });
    return new GrpcConnection(socket, failures);
  }
}

/** With TLS, a session's socket is another object than the one that was accepted, with the same peer. */
const peer = ({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>) =>
  `${remoteAddress} ${remotePort}`;
