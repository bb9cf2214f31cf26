import type { ServerHttp2Stream } from 'node:http2';
import { constants, type OutgoingHttpHeaders } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { requestIdHeader } from '../../runtime/request-id.ts';

/** A message that arrives byte by byte costs far more than its bytes. */
const maxChunks = 128;
/**
 * Bytes after the message of a request, which must be its only one, that grpc-js gets to reject it. It decodes all that it gets:
 * 5 bytes are an empty message, which takes half a KiB.
 */
const maxExcess = 64;
/** Time for a call to send its request, in ms. */
const requestTimeout = 10_000;
/** Time for a whole call, an unread answer included, in ms; of a stream for each message. */
export const callTimeout = 60_000;
/** A client may leave its answer unread for this long, in ms, before its call can make room for another. */
const unread = 100;

/** What bounds a call: a watch of the server's health has no end, and a stream has one if no message is sent. */
export type CallKind = 'unary' | 'stream' | 'watch';

/** An HTTP/2 stream that is open as a call. */
export class OpenCall {
  readonly kind: CallKind;
  readonly #stream: ServerHttp2Stream;
  /** When it was opened, or the last message of a stream was sent. */
  #since = performance.now();
  /** Since when the answer, or a part of it, waits for its client. */
  #unread = Number.POSITIVE_INFINITY;
  #sending: boolean;
  answered = false;
  /** Whether the call will be ended in a later turn. */
  ending = false;

  /** `onFailure` gets the status of a call that fails before its handler runs; `isOneMessage`: its request may have no other. */
  constructor(
    stream: ServerHttp2Stream,
    kind: CallKind,
    onFailure: (code: status) => void,
    isOneMessage: boolean,
  ) {
    this.#stream = stream;
    this.kind = kind;
    this.#sending = !stream.endAfterHeaders;
    this.#boundChunks(isOneMessage);
    if (kind === 'stream') this.#watchMessages();
    const respond = stream.respond.bind(stream);
    stream.respond = (...answer) => {
      this.answered = true;
      this.#unread = performance.now();
      const code = failure(answer[0]);
      // The handler of a whole request reports its own deadline.
      const byHandler = code === status.DEADLINE_EXCEEDED && !this.#sending;
      if (code !== undefined && !byHandler) onFailure(code);
      respond(...answer);
    };
  }

  waitsForClient(): boolean {
    return this.#sending || performance.now() - this.#unread > unread;
  }

  /** Whether it took longer than a call may, or than a request may take to arrive. */
  overdue(): boolean {
    const waited = performance.now() - this.#since;
    if (this.#sending) return waited > requestTimeout;
    return waited > callTimeout && this.kind !== 'watch';
  }

  /**
   * Ends the call in a later turn: Node.js aborts if a stream closes while it reads the frames of a session,
   * https://github.com/nodejs/node/issues/41458.
   */
  end(code?: number): void {
    if (this.ending) return;
    this.ending = true;
    // A refusal tells the client that nothing was done, so that it can try again.
    const { NGHTTP2_CANCEL, NGHTTP2_REFUSED_STREAM } = constants;
    const reason = code ?? (this.#sending ? NGHTTP2_REFUSED_STREAM : NGHTTP2_CANCEL);
    setImmediate(() => this.#stream.close(reason));
  }

  /** Between two messages, a stream waits for its handler. grpc-js writes with a callback. */
  #watchMessages(): void {
    const stream = this.#stream;
    const write = stream.write.bind(stream) as (chunk: Buffer, sent: Sent) => boolean;
    stream.write = ((message: Buffer, done: Sent) => {
      this.#unread = performance.now();
      return write(message, (error) => {
        this.#since = performance.now();
        this.#unread = Number.POSITIVE_INFINITY;
        done(error);
      });
    }) as typeof stream.write;
  }

  /**
   * Bounds the pieces in which a message arrives. Node.js passes on views of all that it read from the socket, and
   * grpc-js collects them until the message is complete. Copies hold no more than the message.
   */
  #boundChunks(isOneMessage: boolean): void {
    const stream = this.#stream;
    const push = stream.push.bind(stream);
    let length = 0; // of the message, in the four bytes after its flag
    let bytes = 0;
    let chunks = 0;
    stream.push = (chunk: Buffer | null) => {
      if (this.ending) return false;
      this.#sending = chunk !== null;
      if (chunk === null) return push(null);
      chunks += 1;
      for (const byte of chunk.subarray(0, Math.max(0, 5 - bytes))) {
        length = (length * 256 + byte) % 2 ** 32;
      }
      bytes += chunk.length;
      const excess = isOneMessage && bytes >= 5 ? bytes - 5 - length - maxExcess : 0;
      if (chunks > maxChunks || excess >= chunk.length) {
        this.end(constants.NGHTTP2_ENHANCE_YOUR_CALM);
        return false;
      }
      return push(Buffer.from(chunk.subarray(0, chunk.length - Math.max(0, excess))));
    };
  }
}

type Sent = (error: Error | null | undefined) => void;

/** The status of a response without a message, which has no request id unless a handler answered. */
function failure(headers: OutgoingHttpHeaders | readonly string[] = {}): status | undefined {
  if (Array.isArray(headers)) return undefined;
  const {
    ':status': http,
    'grpc-status': grpc,
    [requestIdHeader]: id,
  } = headers as OutgoingHttpHeaders;
  if (grpc === undefined) return Number(http) === 200 ? undefined : status.UNKNOWN;
  return id === undefined ? Number(grpc) || undefined : undefined; // a stream may end well without a message
}
