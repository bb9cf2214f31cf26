import type { Http2Server, Http2Stream } from 'node:http2';
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

/**
 * Bounds connections and calls of a bound server in total, and ends calls that do not end. grpc-js
 * has no option for either, so this needs its HTTP/2 servers, which are private.
 */
export function limitTotals(server: Server): void {
  const { http2Servers } = server as unknown as { http2Servers: Map<Http2Server, unknown> };
  const open = new Map<Http2Stream, { since: number; endless: boolean }>();
  for (const http2Server of http2Servers.keys()) {
    http2Server.maxConnections = maxConnections;
    http2Server.updateSettings({ maxHeaderListSize: maxMetadataBytes });
    const [handle] = http2Server.listeners('stream') as OnStream[];
    http2Server.removeAllListeners('stream');
    http2Server.on('stream', (stream, headers, ...rest) => {
      if (open.size >= maxStreams) return refuse(stream);
      const endless = headers[':path'] === HealthService.watch.path;
      open.set(stream, { since: performance.now(), endless });
      stream.once('close', () => open.delete(stream));
      boundChunks(stream);
      handle?.call(server, stream, headers, ...rest);
    });
    const timer = setInterval(() => endOverdue(open), 1000).unref();
    http2Server.once('close', () => clearInterval(timer));
  }
}

type OnStream = (stream: Http2Stream, ...rest: unknown[]) => void;

/**
 * Node.js passes on views of all that it read from the socket, and grpc-js collects them until the
 * message is complete. Copies hold no more than the message.
 */
function boundChunks(stream: Http2Stream): void {
  const push = stream.push.bind(stream);
  let chunks = 0;
  stream.push = (chunk: Buffer | null) => {
    if (chunk === null) return push(null);
    chunks += 1;
    if (chunks <= maxChunks) return push(Buffer.from(chunk));
    stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    return false;
  };
}

/** Tells the client that nothing was done, so that it can try again elsewhere. */
function refuse(stream: Http2Stream): void {
  stream.on('error', () => {}); // the refusal itself
  stream.close(constants.NGHTTP2_REFUSED_STREAM);
}

function endOverdue(open: Map<Http2Stream, { since: number; endless: boolean }>): void {
  for (const [stream, { since, endless }] of open) {
    const age = performance.now() - since;
    if (age < requestTimeoutMs) return; // and so are all that follow
    const sends = !stream.state.remoteClose;
    if (sends || (age > callTimeoutMs && !endless)) stream.close(constants.NGHTTP2_CANCEL);
  }
}
