import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Admission, type AdmissionBounds } from './admission.ts';
import { ConnectionLimits } from './connection-limits.ts';
import { HttpConnection } from './http-connection.ts';
import { stopParserAfter } from './pipelining.ts';

/** Limits for all clients of an HTTP server together. docs/limits.md derives them. */
export interface HttpBounds extends AdmissionBounds {
  connections: number;
  /** Bytes of one body. A chunked body, whose length is unknown, counts as this long. */
  body: number;
  bodies: number;
  /** Bytes of responses that clients have not read yet. */
  unsent: number;
}

/** Options for Node's servers: header size in bytes, timeouts in ms, which Node by default checks every 30 s. */
export const nodeLimits = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1000,
  highWaterMark: 16 * 1024,
};

/** Minimum that a body counts as, in bytes, so that small ones cannot occupy all requests in flight. */
const leastBody = 16 * 1024;
/** Enough for any HTTP/1.1 client. Node's default, 1000, allows 64 KB of memory for headers of 4 bytes each. */
const maxHeaders = 100;
/**
 * Time without progress, in ms, after which an unread response is aborted. Linux reports progress only
 * when a third of its send buffer is free: 29 KiB, which take a client that reads 1 KiB in 10 s 290 s.
 */
export const progressTimeout = 300_000;
/**
 * A request is aborted for another only after this many ms: a rejection costs less than starting
 * another request.
 */
const patience = 1000;
/** Time for a client to read a response that precedes the end of its request, in ms: RFC 9112, section 9.6. */
const lingering = 1000;
/**
 * How long the sum of unsent bytes is cached, and a search for room that found none, in ms: both look at every request, and a
 * client could otherwise make each rejection cost that.
 */
const cachedFor = 20;

/**
 * Limits the memory that clients of an HTTP/1.1 server can occupy: one request at a time per
 * connection, and the bounds for all connections together.
 */
export class HttpConnections {
  readonly #bounds: HttpBounds;
  readonly #limits: ConnectionLimits<HttpConnection>;
  readonly #admission: Admission;
  /** With a response that has not ended. */
  readonly #responding = new Set<Socket>();
  #unsent = 0;
  #unsentUntil = 0;
  /** Until when no room is searched for requests without and with a body. */
  readonly #fullUntil: [number, number] = [0, 0];

  constructor(server: Server, name: string, bounds: HttpBounds) {
    this.#bounds = bounds;
    this.#admission = new Admission(bounds);
    this.#limits = new ConnectionLimits(server, {
      name,
      connections: bounds.connections,
      open: (socket) => new HttpConnection(socket),
    });
    server.maxHeadersCount = maxHeaders;
    server.timeout = progressTimeout;
    server.on('connection', (socket) => stopParserAfter(socket, (next) => this.#starts(next)));
    server.prependListener('request', (request, response) => this.#responds(request, response));
    // Otherwise Node.js responds itself, without metrics and logs.
    server.on('checkExpectation', (request, response) => server.emit('request', request, response));
    server.on('timeout', (socket) => this.#timedOut(socket));
  }

  /** Admitted requests in flight. */
  get inFlight(): number {
    return this.#admission.inFlight;
  }

  /**
   * Admits a request until its response ends, or rejects it. If necessary, evicts a connection that
   * waits for its client.
   */
  admit(request: IncomingMessage): boolean {
    const connection = this.#limits.of(request.socket);
    if (!connection) return false; // it is closing
    const body = bodyOf(request, this.#bounds.body);
    const now = performance.now();
    const kind = body > 0 ? 1 : 0;
    if (!this.#admission.hasRoom(body) && now >= this.#fullUntil[kind]) {
      const holds = (other: HttpConnection) =>
        other.admitted !== undefined &&
        (body === 0 || other.body > 0) &&
        now - other.since > patience;
      if (!this.#limits.makeRoom('room', holds)) this.#fullUntil[kind] = now + cachedFor;
    }
    while (this.#unsentBytes() > this.#bounds.unsent) {
      const unread = ({ response }: HttpConnection) => (response?.socket?.writableLength ?? 0) > 0;
      if (!this.#limits.makeRoom('unread', unread)) break;
      this.#unsentUntil = 0;
    }
    connection.admitted = this.#admission.admit(body);
    connection.body = body;
    return connection.admitted !== undefined;
  }

  /** Whether this connection has a request that has arrived completely and whose response has not ended. */
  isAnswering(socket: Socket): boolean {
    return this.#limits.of(socket)?.request?.complete === true;
  }

  /** Whether the response to the current request has begun. */
  hasAnswered(socket: Socket): boolean {
    return this.#limits.of(socket)?.response?.headersSent === true;
  }

  /** Closes a connection after the response to its current request. */
  endAfterAnswer(socket: Socket): void {
    const response = this.#limits.of(socket)?.response;
    if (response?.headersSent === false) response.setHeader('connection', 'close');
    else response?.once('close', () => socket.destroySoon());
  }

  /** Closes all connections with a request that wait for their client. Idle connections stay open. */
  closeWaiting(reason: string): void {
    for (const [socket, connection] of [...this.#limits.all()]) {
      if (connection.request && !connection.serving()) this.#limits.close(socket, reason);
    }
  }

  /** False for a pipelined request, for which RFC 9112, section 9.3.2, permits closing the connection. */
  #starts(request: IncomingMessage): boolean {
    const { socket } = request;
    const connection = this.#limits.of(socket);
    if (connection && !connection.request) {
      connection.request = request;
      connection.since = performance.now();
      return true;
    }
    this.endAfterAnswer(socket);
    process.nextTick(() => socket.pause());
    return false;
  }

  #responds(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const connection = this.#limits.of(socket);
    if (!connection) return;
    connection.response = response;
    this.#responding.add(socket);
    if (Number(request.headers['content-length']) > this.#bounds.body) {
      response.setHeader('connection', 'close'); // the body is not read
    }
    response.once('close', () => {
      this.#responding.delete(socket);
      connection.admitted?.release();
      connection.admitted = connection.request = connection.response = undefined;
      this.#limits.answered(socket);
      if (!request.complete) this.#dropRest(request, socket);
    });
  }

  /** Node.js reads and discards the rest of a body. This limits the rest to the maximum of a body. */
  #dropRest({ headers }: IncomingMessage, socket: Socket): void {
    if (Number(headers['content-length']) <= this.#bounds.body) return;
    socket.end();
    setImmediate(() => socket.pause());
    setTimeout(() => socket.destroy(), lingering).unref();
  }

  #timedOut(socket: Socket): void {
    const connection = this.#limits.of(socket);
    if (connection?.serving()) return;
    if (connection?.request) this.#limits.close(socket, 'unread');
    else socket.destroy(); // as Node.js does without a listener
  }

  #unsentBytes(): number {
    const now = performance.now();
    if (now < this.#unsentUntil) return this.#unsent;
    this.#unsentUntil = now + cachedFor;
    this.#unsent = 0;
    for (const { writableLength } of this.#responding) this.#unsent += writableLength;
    return this.#unsent;
  }
}

/** Bytes that the body of a request counts as: 0 without a body, or above the limit, as it is then not read. */
function bodyOf({ headers }: IncomingMessage, limit: number): number {
  const length = headers['transfer-encoding'] ? limit : Number(headers['content-length'] ?? 0);
  return length === 0 || length > limit ? 0 : Math.max(length, Math.min(leastBody, limit));
}
