import type { Http2Server, ServerHttp2Stream } from 'node:http2';
import { constants } from 'node:http2';
import type { Server, ServerOptions } from '@grpc/grpc-js';
import { HealthService } from '@my-app/proto/health/v1/health';

const maxConnections = 256;
const maxStreams = 512;
const maxMetadataBytes = 16 * 1024;
/** For each call: a message that arrives byte by byte costs far more than its bytes. */
const maxChunks = 128;
/** For a call to send its request. */
const requestTimeoutMs = 10_000;
/** For a whole call, an answer that is not read included. No client's deadline is longer. */
const callTimeoutMs = 60_000;

/** For each connection, or each message. docs/limits.md has the budget that they belong to. */
export const serverLimits: ServerOptions = {
  'grpc.max_receive_message_length': 16 * 1024,
  'grpc.max_send_message_length': 64 * 1024,
  'grpc.max_concurrent_streams': 256,
  // Each probe leaves a connection open: https://github.com/grpc/grpc-node/issues/2975
  'grpc.max_connection_idle_ms': 60_000,
  'grpc.max_connection_age_grace_ms': callTimeoutMs,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 5000,
};

/** A call that waits for its client gives way to others: at once while it is sent, then after this. */
const unreadMs = 100;

interface OpenCall {
  since: number;
  /** Since when the whole answer, or a first part, waits for its client to take it. */
  answered: number;
  sending: boolean;
  endless: boolean;
}

type OpenCalls = Map<ServerHttp2Stream, OpenCall>;

/**
 * Bounds connections and calls of a bound server in total, and ends calls that do not end. grpc-js
 * has no option for either, so this needs its HTTP/2 servers.
 */
export function limitTotals(server: Server): void {
  const open: OpenCalls = new Map();
  for (const [http2Server, handle] of http2ServersOf(server)) {
    http2Server.maxConnections = maxConnections;
    http2Server.updateSettings({ maxHeaderListSize: maxMetadataBytes });
    http2Server.removeAllListeners('stream');
    http2Server.on('stream', (stream: ServerHttp2Stream, headers, ...rest) => {
      if (open.size >= maxStreams && !makeRoom(open)) return refuse(stream);
      const call = {
        since: performance.now(),
        answered: Number.POSITIVE_INFINITY,
        sending: !stream.endAfterHeaders,
        endless: headers[':path'] === HealthService.watch.path,
      };
      open.set(stream, call);
      stream.once('close', () => open.delete(stream));
      watch(stream, call);
      handle.call(server, stream, headers, ...rest);
    });
    const timer = setInterval(() => endOverdue(open), 1000).unref();
    http2Server.once('close', () => clearInterval(timer));
  }
}

type OnStream = (stream: ServerHttp2Stream, ...rest: unknown[]) => void;

/**
 * The one private part of grpc-js that is used here: the HTTP/2 servers, each with one listener for
 * streams. Its public ways in, interceptors and a connection injector, see no stream.
 *
 * @throws Error if grpc-js no longer has them, rather than to serve without limits
 */
function http2ServersOf(server: Server): [Http2Server, OnStream][] {
  const { http2Servers } = server as unknown as { http2Servers?: Map<Http2Server, unknown> };
  const found = [...(http2Servers?.keys() ?? [])].map((http2Server) => {
    const [handle, ...others] = http2Server.listeners('stream') as OnStream[];
    if (!handle || others.length > 0) throw new Error(changed);
    return [http2Server, handle] as [Http2Server, OnStream];
  });
  if (found.length === 0) throw new Error(changed);
  return found;
}

const changed = 'grpc-js has changed: limits.ts does not find its HTTP/2 servers';

/**
 * Follows a call, and bounds the pieces in which its message comes. Node.js passes on views of all
 * that it read from the socket, and grpc-js collects them until the message is complete. Copies hold
 * no more than the message.
 */
function watch(stream: ServerHttp2Stream, call: OpenCall): void {
  const push = stream.push.bind(stream);
  let chunks = 0;
  stream.push = (chunk: Buffer | null) => {
    if (chunk === null) {
      call.sending = false;
      return push(null);
    }
    chunks += 1;
    if (chunks <= maxChunks) return push(Buffer.from(chunk));
    stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    return false;
  };
  const respond = stream.respond.bind(stream);
  stream.respond = (...answer) => {
    call.answered = performance.now();
    respond(...answer);
  };
}

/** Ends the oldest call that waits for its client, if any, so that such calls keep nobody out. */
function makeRoom(open: OpenCalls): boolean {
  const now = performance.now();
  for (const [stream, { sending, answered }] of open) {
    if (!sending && now - answered < unreadMs) continue;
    // Refused says that nothing was done, so that the client can try again.
    stream.close(sending ? constants.NGHTTP2_REFUSED_STREAM : constants.NGHTTP2_CANCEL);
    open.delete(stream);
    return true;
  }
  return false;
}

/** Tells the client that nothing was done, so that it can try again elsewhere. */
function refuse(stream: ServerHttp2Stream): void {
  stream.on('error', () => {}); // the refusal itself
  stream.close(constants.NGHTTP2_REFUSED_STREAM);
}

function endOverdue(open: OpenCalls): void {
  for (const [stream, { since, sending, endless }] of open) {
    const age = performance.now() - since;
    if (age < requestTimeoutMs) return; // and so are all that follow
    if (sending || (age > callTimeoutMs && !endless)) stream.close(constants.NGHTTP2_CANCEL);
  }
}
