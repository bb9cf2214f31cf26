import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Load } from './http-load.ts';
import { percentile } from './statistics.ts';

const types = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, window: 8 };
const flags = { ack: 1, endStream: 1, endHeaders: 4 };
const frameHeaderBytes = 9;

/** HTTP/2, https://www.rfc-editor.org/rfc/rfc9113#section-4.1 */
function frame(type: number, flag: number, stream: number, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(frameHeaderBytes + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes.writeUInt8(type, 3);
  bytes.writeUInt8(flag, 4);
  bytes.writeUInt32BE(stream, 5);
  payload.copy(bytes, frameHeaderBytes);
  return bytes;
}

/** A header, neither indexed nor compressed: https://www.rfc-editor.org/rfc/rfc7541#section-6.2.2 */
const header = (name: string, value: string): Buffer =>
  Buffer.from(
    `\0${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`,
    'latin1',
  );

const requestHeaders = Buffer.concat([
  header(':method', 'POST'),
  header(':scheme', 'http'),
  header(':path', '/greeting.v1.GreetingService/Greet'),
  header(':authority', 'localhost'),
  header('te', 'trailers'),
  header('content-type', 'application/grpc'),
  header('user-agent', 'bench'),
  header('grpc-timeout', '1S'),
]);
/** Not compressed, no bytes: a GreetRequest without a name. */
const emptyMessage = Buffer.alloc(5);
const request = Buffer.concat([
  frame(types.headers, flags.endHeaders, 0, requestHeaders),
  frame(types.data, flags.endStream, 0, emptyMessage),
]);
const dataOffset = frameHeaderBytes + requestHeaders.length;

const preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame(types.settings, 0, 0, Buffer.alloc(0)),
  frame(types.window, 0, 0, Buffer.from([0x7f, 0, 0, 0])), // Takes 2 GB before it has to say more.
]);

/**
 * As many Greet calls as the server takes, over one connection with `concurrency` under way. The
 * frames are written by hand because any gRPC client costs more than the server under test, and
 * would measure itself.
 */
export async function grpcLoad(port: number, seconds: number, concurrency: number): Promise<Load> {
  const latencies: number[] = [];
  let failures = 0;
  const started = performance.now();
  const end = started + seconds * 1000;
  let connection = await GrpcConnection.open(port, finished);
  connection.call(concurrency);

  function finished(from: GrpcConnection, latencyMs: number, answered: boolean): void {
    if (answered) latencies.push(latencyMs);
    else failures++;
    if (performance.now() < end && !from.draining) from.call(1);
  }

  // The server closes connections by their age: its calls under way go on, new ones move.
  while (performance.now() < end) {
    const time = AbortSignal.timeout(Math.ceil(end - performance.now()));
    await connection.goingAway(time);
    if (performance.now() < end) {
      connection = await GrpcConnection.open(port, finished);
      connection.call(concurrency);
    }
  }
  connection.close();
  const elapsed = (performance.now() - started) / 1000;
  return {
    requestsPerSecond: latencies.length / elapsed,
    requests: latencies.length,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    failures,
  };
}

type OnFinished = (from: GrpcConnection, latencyMs: number, answered: boolean) => void;

class GrpcConnection {
  readonly #socket: Socket;
  readonly #onFinished: OnFinished;
  readonly #calls = new Map<number, { started: number; answered: boolean }>();
  #nextStream = 1;
  #rest: Buffer = Buffer.alloc(0);
  draining = false;
  #writes: Buffer[] = [];

  private constructor(socket: Socket, onFinished: OnFinished) {
    this.#socket = socket;
    this.#onFinished = onFinished;
    socket.on('data', (bytes) => this.#read(bytes));
    socket.on('error', () => {});
    socket.on('close', () => this.#closed());
  }

  static async open(port: number, onFinished: OnFinished): Promise<GrpcConnection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    socket.write(preface);
    return new GrpcConnection(socket, onFinished);
  }

  /** Starts calls. */
  call(count: number): void {
    const started = performance.now();
    for (let i = 0; i < count; i++) {
      const bytes = Buffer.from(request);
      bytes.writeUInt32BE(this.#nextStream, 5);
      bytes.writeUInt32BE(this.#nextStream, dataOffset + 5);
      this.#calls.set(this.#nextStream, { started, answered: false });
      this.#nextStream += 2;
      this.#writes.push(bytes);
    }
    queueMicrotask(() => this.#flush());
  }

  /** Resolves when the server says that it will take no more calls, or when the time is over. */
  async goingAway(time: AbortSignal): Promise<void> {
    if (!this.draining) await once(this.#socket, 'going-away', { signal: time }).catch(() => {});
  }

  close(): void {
    this.#calls.clear();
    this.#socket.destroy();
  }

  #flush(): void {
    if (this.#writes.length === 0) return;
    this.#socket.write(Buffer.concat(this.#writes));
    this.#writes = [];
  }

  #read(bytes: Buffer): void {
    const input = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    while (at + frameHeaderBytes <= input.length) {
      const end = at + frameHeaderBytes + input.readUIntBE(at, 3);
      if (end > input.length) break;
      this.#frame(input.readUInt8(at + 3), input.readUInt8(at + 4), input.subarray(at, end));
      at = end;
    }
    this.#rest = input.subarray(at);
  }

  #frame(type: number, flag: number, bytes: Buffer): void {
    const stream = bytes.readUInt32BE(5) & 0x7fffffff;
    const call = this.#calls.get(stream);
    if (type === types.data && call) call.answered = true;
    const ends = type === types.reset || (type === types.headers && (flag & flags.endStream) !== 0);
    if (ends && call) this.#finish(stream, call.started, call.answered);
    else if ((type === types.settings || type === types.ping) && (flag & flags.ack) === 0) {
      const echo = type === types.ping ? bytes.subarray(frameHeaderBytes) : Buffer.alloc(0);
      this.#writes.push(frame(type, flags.ack, 0, echo));
      this.#flush();
    } else if (type === types.goAway) this.#goAway();
  }

  #finish(stream: number, started: number, answered: boolean): void {
    this.#calls.delete(stream);
    this.#onFinished(this, performance.now() - started, answered);
    if (this.draining && this.#calls.size === 0) this.#socket.destroy();
  }

  #goAway(): void {
    this.draining = true;
    this.#socket.emit('going-away');
  }

  /** What the server cut was not answered. */
  #closed(): void {
    for (const { started } of this.#calls.values()) {
      this.#onFinished(this, performance.now() - started, false);
    }
    this.#calls.clear();
    this.#goAway();
  }
}
