import type { ServerHttp2Stream } from 'node:http2';
import { constants, type OutgoingHttpHeaders } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { requestIdHeader } from '../../runtime/request-id.ts';

/** A message that arrives byte by byte costs far more than its bytes. */
const maxChunks = 128;
/** Time for a call to send its request, in ms. */
const requestTimeout = 10_000;
/** Time for a whole call, an unread answer included, in ms. */
export const callTimeout = 60_000;
/** A client may leave its answer unread for this long, in ms, before its call can make room for another. */
const unread = 100;

/** An HTTP/2 stream that is open as a call. */
export class OpenCall {
  readonly #stream: ServerHttp2Stream;
  readonly #endless: boolean;
  readonly #since = performance.now();
  /** When the answer, or its first part, was given to Node.js. */
  #answered = Number.POSITIVE_INFINITY;
  #sending: boolean;
  /** Whether the call will be ended in a later turn. */
  ending = false;

  /** `onFailure` gets the status of a call that fails before its handler runs. */
  constructor(stream: ServerHttp2Stream, endless: boolean, onFailure: (code: status) => void) {
    this.#stream = stream;
    this.#endless = endless;
    this.#sending = !stream.endAfterHeaders;
    this.#boundChunks();
    const respond = stream.respond.bind(stream);
    stream.respond = (...answer) => {
      this.#answered = performance.now();
      const code = failure(answer[0]);
      // The handler of a whole request reports its own deadline.
      const byHandler = code === status.DEADLINE_EXCEEDED && !this.#sending;
      if (code !== undefined && !byHandler) onFailure(code);
      respond(...answer);
    };
  }

  get answered(): boolean {
    return this.#answered < Number.POSITIVE_INFINITY;
  }

  /** In ms. */
  get age(): number {
    return performance.now() - this.#since;
  }

  waitsForClient(): boolean {
    return this.#sending || performance.now() - this.#answered > unread;
  }

  /** Whether it took longer than a call may, or than a request may take to arrive. */
  overdue(): boolean {
    if (this.#sending) return this.age > requestTimeout;
    return this.age > callTimeout && !this.#endless;
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

  /**
   * Bounds the pieces in which a message arrives. Node.js passes on views of all that it read from the socket, and
   * grpc-js collects them until the message is complete. Copies hold no more than the message.
   */
  #boundChunks(): void {
    const stream = this.#stream;
    const push = stream.push.bind(stream);
    let chunks = 0;
    stream.push = (chunk: Buffer | null) => {
      if (chunk !== null) chunks += 1;
      if (chunks > maxChunks) {
        this.end(constants.NGHTTP2_ENHANCE_YOUR_CALM);
        return false;
      }
      this.#sending = chunk !== null;
      return push(chunk && Buffer.from(chunk));
    };
  }
}

/** The status of a response without a message, which has no request id unless a handler answered. */
function failure(headers: OutgoingHttpHeaders | readonly string[] = {}): status | undefined {
  if (Array.isArray(headers)) return undefined;
  const {
    ':status': http,
    'grpc-status': grpc,
    [requestIdHeader]: id,
  } = headers as OutgoingHttpHeaders;
  if (grpc === undefined) return Number(http) === 200 ? undefined : status.UNKNOWN;
  return id === undefined ? Number(grpc) : undefined;
}
