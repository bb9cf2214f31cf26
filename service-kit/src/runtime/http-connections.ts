import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Admission, type AdmissionBounds } from './admission.ts';
import { ConnectionLimits } from './connection-limits.ts';
import { HttpConnection } from './http-connection.ts';
import { stopParserAfter } from './pipelining.ts';

/** What clients may claim of one HTTP server together. docs/limits.md derives the sums. */
export interface HttpBounds extends AdmissionBounds {
  connections: number;
  /** Bytes of one body. A chunked one, which does not say, counts as this long. */
  body: number;
  bodies: number;
  /** Bytes of answers that wait for their clients. */
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

/** What a request with a body costs at least, so that small ones cannot take every place in flight. */
const leastBody = 16 * 1024;
/** As HTTP/1.1 parsers have no use for more. Node's own limit, 1000, costs 64 KB where each is 4 bytes. */
const maxHeaders = 100;
/**
 * Time without progress, in ms, after which an unread answer is given up. Linux reports progress only when a third of
 * its send buffer is free: 29 KiB, which a client that reads 1 KiB in 10 s takes in 290 s.
 */
export const progressTimeout = 300_000;
/** A client that waits less, in ms, does not make room: to reject a request costs less than to begin another. */
const patience = 1000;
/** Time for a client to read an answer that it gets before it has sent its request, in ms: RFC 9112, section 9.6. */
const lingering = 1000;
/** How long the sum of unsent bytes is used again, in ms. */
const unsentFor = 20;

/**
 * Bounds what the clients of one HTTP/1.1 server can make it hold: one request of a connection at a time, and of all
 * connections no more than the bounds.
 */
export class HttpConnections {
  readonly #bounds: HttpBounds;
  readonly #limits: ConnectionLimits<HttpConnection>;
  readonly #admission: Admission;
  #unsent = 0;
  #unsentUntil = 0;

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
    // Otherwise Node.js answers this itself, unseen.
    server.on('checkExpectation', (request, response) => server.emit('request', request, response));
    server.on('timeout', (socket) => this.#timedOut(socket));
  }

  /** Requests that were admitted and are not answered yet. */
  get inFlight(): number {
    return this.#admission.inFlight;
  }

  /** Admits a request until it is answered, or rejects it. A client that the server waits for makes room if need be. */
  admit(request: IncomingMessage): boolean {
    const connection = this.#limits.of(request.socket);
    if (!connection) return false; // it is closing
    const body = bodyOf(request, this.#bounds.body);
    if (!this.#admission.hasRoom(body)) {
      const holds = (other: HttpConnection) =>
        other.admitted !== undefined &&
        (body === 0 || other.body > 0) &&
        performance.now() - other.since > patience;
      this.#limits.makeRoom('room', holds);
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

  /** Whether a request of this connection has arrived whole and is not answered yet. */
  isAnswering(socket: Socket): boolean {
    return this.#limits.of(socket)?.request?.complete === true;
  }

  /** Whether a response has begun, to a request that has not arrived whole. */
  hasAnswered(socket: Socket): boolean {
    return this.#limits.of(socket)?.response?.headersSent === true;
  }

  /** Ends a connection as soon as its request is answered. */
  endAfterAnswer(socket: Socket): void {
    const response = this.#limits.of(socket)?.response;
    if (response?.headersSent === false) response.setHeader('connection', 'close');
    else response?.once('close', () => socket.destroySoon());
  }

  /** Closes the connections that wait for their clients: of idle ones none, of others all. */
  closeWaiting(reason: string): void {
    for (const [socket, connection] of [...this.#limits.all()]) {
      if (connection.request && !connection.serving()) this.#limits.close(socket, reason);
    }
  }

  /** False for a request that is sent before the one before it is answered: RFC 9112, section 9.3.2, allows to close. */
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
    if (Number(request.headers['content-length']) > this.#bounds.body) {
      response.setHeader('connection', 'close'); // it is not read
    }
    response.once('close', () => {
      connection.admitted?.release();
      connection.admitted = connection.request = connection.response = undefined;
      this.#limits.answered(socket);
      if (!request.complete) this.#dropRest(request, socket);
    });
  }

  /** Node.js reads and drops what is left of a body. Here, that is at most what a body may have. */
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
    else socket.destroy(); // as Node.js does where there is no listener
  }

  #unsentBytes(): number {
    const now = performance.now();
    if (now < this.#unsentUntil) return this.#unsent;
    this.#unsentUntil = now + unsentFor;
    this.#unsent = 0;
    for (const [{ writableLength }] of this.#limits.all()) this.#unsent += writableLength;
    return this.#unsent;
  }
}

/** What the body of a request counts as, in bytes; 0 without one. One over the limit is never read. */
function bodyOf({ headers }: IncomingMessage, limit: number): number {
  const length = headers['transfer-encoding'] ? limit : Number(headers['content-length'] ?? 0);
  return length === 0 || length > limit ? 0 : Math.max(length, Math.min(leastBody, limit));
}
