import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What clients may claim of one server in total. docs/limits.md has the sums. */
export interface Bounds {
  /** Above this number, the connection that has been idle or half-open longest is closed for a new one. */
  connections: number;
  /** Requests that are not answered yet. */
  requests: number;
  /** Requests of one connection that are not answered yet: HTTP/1.1 pipelining. */
  pipelined: number;
  /** Bytes of one body. A chunked one, which does not say, counts as this long. */
  body: number;
  /** Bytes of all bodies, from their announcement until the request is answered. */
  bodies: number;
}

/** Options for Node's servers: header size in bytes, time-outs in ms, which Node by itself checks every 30 s. */
export const nodeLimits = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1000,
};

/** What a request with a body costs at least: so small ones cannot take every place in flight. */
const leastBody = 16 * 1024;
/** Connections are accepted in bursts, and one that is closed for another ends a moment later. */
const burst = 256;
/** Longest time, in ms, that a client may leave its answer unread once the kernel takes no more of it. */
const unreadTimeout = 10_000;
const sweepInterval = 1000;
/** As HTTP/1.1 parsers have no use for more. Node's own limit, 1000, costs 64 KB where each is 4 bytes. */
const maxHeaders = 100;

interface Connection {
  requests: number;
  bodies: number;
  refused: boolean;
  /** When the kernel last took all that was written. */
  drained: number;
}

/**
 * `refused`: for now, the connection stays. `closing`: it has to be closed after the answer. `dropped`: it is about to
 * be closed, so that there is no use in an answer.
 */
export type Verdict = 'admitted' | 'refused' | 'closing' | 'dropped';

/** Bounds what the clients of one server can make it hold, however late or lively its event loop is. */
export class Guard {
  readonly #bounds: Bounds;
  /** Idle ones in the order in which they became so. */
  readonly #connections = new Map<Socket, Connection>();
  #requests = 0;
  #bodies = 0;

  constructor(server: Server, bounds: Bounds) {
    this.#bounds = bounds;
    server.maxConnections = bounds.connections + burst;
    server.maxHeadersCount = maxHeaders;
    server.on('connection', (socket) => this.#opened(socket));
    const sweep = setInterval(() => this.#sweep(), sweepInterval).unref();
    server.once('close', () => clearInterval(sweep));
  }

  /** Requests that were admitted and are not answered yet. */
  get requests(): number {
    return this.#requests;
  }

  /** Whether a request is within the bounds. If not, it is for the caller to answer 503, and to close. */
  admit(request: IncomingMessage, response: ServerResponse): Verdict {
    const { socket } = request;
    const connection = this.#connections.get(socket);
    if (!connection || connection.refused) return 'dropped';
    const body = bodyOf(request, this.#bounds.body);
    const { requests, pipelined, bodies } = this.#bounds;
    const isFull = this.#requests >= requests || (body > 0 && this.#bodies + body > bodies);
    // A new connection costs more than a refusal. But what is left of a body is not read, nor what is pipelined.
    if (isFull && body === 0 && connection.requests === 0) return 'refused';
    if (isFull || connection.requests >= pipelined) {
      connection.refused = true;
      return 'closing';
    }
    this.#count(connection, 1, body);
    response.once('close', () => {
      if (!this.#connections.has(socket)) return; // it has closed, and was settled then
      this.#count(connection, -1, -body);
      if (connection.requests > 0) return;
      this.#connections.delete(socket);
      this.#connections.set(socket, connection); // to the end of the line
    });
    return 'admitted';
  }

  #opened(socket: Socket): void {
    if (this.#connections.size >= this.#bounds.connections) this.#evict();
    const connection = { requests: 0, bodies: 0, refused: false, drained: performance.now() };
    this.#connections.set(socket, connection);
    socket.once('close', () => {
      this.#connections.delete(socket);
      this.#count(connection, -connection.requests, -connection.bodies);
    });
  }

  #evict(): void {
    for (const [socket, { requests }] of this.#connections) {
      if (requests > 0 || socket.destroyed) continue;
      socket.resetAndDestroy(); // a reset, as else the kernel keeps what the client has not read
      return;
    }
  }

  #count(connection: Connection, requests: number, bodies: number): void {
    connection.requests += requests;
    connection.bodies += bodies;
    this.#requests += requests;
    this.#bodies += bodies;
  }

  /** Closes the connections whose clients do not read. */
  #sweep(): void {
    const now = performance.now();
    for (const [socket, connection] of this.#connections) {
      if (socket.writableLength === 0) connection.drained = now;
      else if (now - connection.drained > unreadTimeout) socket.resetAndDestroy();
    }
  }
}

/** What the body of a request counts as, in bytes; 0 without one. One over the limit is never read. */
function bodyOf({ headers }: IncomingMessage, limit: number): number {
  const length = headers['transfer-encoding'] ? limit : Number(headers['content-length'] ?? 0);
  return length === 0 || length > limit ? 0 : Math.max(length, Math.min(leastBody, limit));
}
