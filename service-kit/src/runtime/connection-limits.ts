import type { Server, Socket } from 'node:net';

/** A client's connection: what its protocol knows of it. */
export interface Connection {
  /** Requests that were answered. */
  completed: number;
  /** Whether the client waits for the server. Such a connection is never closed for another. */
  serving(): boolean;
  /** Whether the client has spoken the protocol: of HTTP/2, its settings have arrived. */
  greeted(): boolean;
  /** Releases what the connection holds. Called once, before its socket closes. */
  closing?(): void;
}

export interface ConnectionLimitsOptions<C extends Connection> {
  /** The `server` label of the metric. */
  name: string;
  /** Beyond this number, a connection that waits for its client is closed for a new one. */
  connections: number;
  /** Time to complete the protocol's handshake, in ms. */
  handshakeTimeout?: number;
  open(socket: Socket): C;
}

/** Connections are accepted in bursts, and one that is closed for another ends in a later turn. */
const burst = 256;
/** How many candidates are compared when room is needed, so that its cost does not grow with the number of connections. */
const candidates = 32;
/** Time for a new connection to send its request, in ms, before it may be evicted for another. */
const chance = 1000;

const closed = new Map<string, { server: string; reason: string; count: number }>();

/** How many connections the servers of this process have closed or refused, by server and reason. */
export const connectionsClosed = () => closed.values();

function countClosed(server: string, reason: string): void {
  const entry = closed.get(`${server} ${reason}`) ?? { server, reason, count: 0 };
  entry.count += 1;
  closed.set(`${server} ${reason}`, entry);
}

type Opened<C> = C & { opened: number };

/** Bounds the connections of one server, and chooses which one is evicted for another. */
export class ConnectionLimits<C extends Connection> {
  readonly #options: ConnectionLimitsOptions<C>;
  /** No request was answered yet; the oldest is first. */
  readonly #strangers = new Map<Socket, Opened<C>>();
  /** The least recently answered is first. */
  readonly #known = new Map<Socket, Opened<C>>();

  constructor(server: Server, options: ConnectionLimitsOptions<C>) {
    this.#options = options;
    server.maxConnections = options.connections + burst;
    server.on('drop', () => countClosed(options.name, 'limit'));
    server.prependListener('connection', (socket) => this.#opened(socket));
    const sweep = setInterval(() => this.#closeStrangers(), 1000).unref();
    server.once('close', () => clearInterval(sweep));
  }

  of(socket: Socket): Opened<C> | undefined {
    return this.#known.get(socket) ?? this.#strangers.get(socket);
  }

  *all(): Generator<[Socket, C]> {
    yield* this.#strangers;
    yield* this.#known;
  }

  /** Records that a request of this connection was answered. */
  answered(socket: Socket): void {
    const connection = this.of(socket);
    if (!connection) return;
    connection.completed += 1;
    this.#strangers.delete(socket);
    this.#known.delete(socket);
    this.#known.set(socket, connection); // to the end
  }

  /**
   * Closes the connection that made the server read the most per answered request, among those that wait for their
   * client: those without an answered request first, the longest waiting first. False if there is none.
   *
   * Strangers that had no chance yet to send a request come last, as long as they hold less than half of the places. Each
   * probe of the kubelet is one, and clients that were answered once could otherwise keep every place.
   */
  makeRoom(reason: string, isCandidate: (connection: C) => boolean = () => true): boolean {
    const crowded = this.#strangers.size * 2 > this.#options.connections;
    const openedBefore = crowded ? Number.POSITIVE_INFINITY : performance.now() - chance;
    const socket =
      worst(this.#strangers, isCandidate, openedBefore) ??
      worst(this.#known, isCandidate) ??
      worst(this.#strangers, isCandidate);
    if (!socket) return false;
    this.close(socket, reason);
    return true;
  }

  /**
   * Closes a connection, in a later turn: Node.js aborts if an HTTP/2 session closes while it reads the frames of one,
   * https://github.com/nodejs/node/issues/41458. What it held is released at once.
   */
  close(socket: Socket, reason: string): void {
    if (!this.#forget(socket)) return;
    countClosed(this.#options.name, reason);
    // A reset: otherwise the kernel keeps what the client has not read.
    setImmediate(() => socket.resetAndDestroy());
  }

  #opened(socket: Socket): void {
    const { connections, open } = this.#options;
    const full = this.#strangers.size + this.#known.size >= connections;
    const opened = performance.now();
    this.#strangers.set(socket, Object.assign(open(socket), { opened }));
    socket.once('close', () => this.#forget(socket));
    if (full) this.makeRoom('limit');
  }

  #forget(socket: Socket): boolean {
    const connection = this.of(socket);
    if (!connection) return false;
    this.#strangers.delete(socket);
    this.#known.delete(socket);
    connection.closing?.();
    return true;
  }

  #closeStrangers(): void {
    const { handshakeTimeout = Number.POSITIVE_INFINITY } = this.#options;
    for (const [socket, connection] of this.#strangers) {
      if (performance.now() - connection.opened < handshakeTimeout) return; // and so are all that follow
      if (!connection.greeted()) this.close(socket, 'handshake_timeout');
    }
  }
}

function worst<C extends Connection>(
  connections: Map<Socket, Opened<C>>,
  isCandidate: (connection: C) => boolean,
  openedBefore = Number.POSITIVE_INFINITY,
): Socket | undefined {
  let found: Socket | undefined;
  let most = -1;
  let compared = 0;
  for (const [socket, connection] of connections) {
    if (connection.opened > openedBefore) break; // and so are all that follow
    if (connection.serving() || !isCandidate(connection)) continue;
    const perRequest = socket.bytesRead / (connection.completed + 1);
    if (perRequest > most) {
      found = socket;
      most = perRequest;
    }
    if (++compared === candidates) break;
  }
  return found;
}
