import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { constants } from 'node:http2';
import type { Server, ServerOptions } from '@grpc/grpc-js';
import { HealthService } from '@my-app/proto/health/v1/health';
import { longestTimerMs } from '../../runtime/call-context.ts';
import { countShed } from '../../runtime/overload.ts';
import type { MethodTypes } from '../method-kind.ts';
import { maxAnswerBytes } from './answer.ts';
import { type CallKind, callTimeout, OpenCall } from './calls.ts';
import { GrpcConnections } from './connections.ts';
import type { Failures } from './failures.ts';

export const maxCalls = 512;
/** Of the calls, so that streams, which may last, leave room for others. */
const maxStreams = 256;
/** Calls that end in a later turn to make room. They are held besides `maxCalls`. */
const maxEnding = 64;
const maxMetadataBytes = 8 * 1024;

/** For each connection, or each message. docs/limits.md derives the sum. */
export const serverLimits: ServerOptions = {
  'grpc.max_receive_message_length': 16 * 1024,
  'grpc.max_send_message_length': maxAnswerBytes,
  'grpc.max_concurrent_streams': 256,
  // Each probe leaves a connection open: https://github.com/grpc/grpc-node/issues/2975
  'grpc.max_connection_idle_ms': 60_000,
  'grpc.max_connection_age_grace_ms': callTimeout,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 5000,
};

/** The only methods whose requests are streams. */
const reflectionPrefix = '/grpc.reflection.';
const watchPath = HealthService.watch.path;

type OpenCalls = Map<ServerHttp2Stream, OpenCall>;

/**
 * Bounds the connections and calls of a bound server in total, and ends calls that do not end. grpc-js
 * has no option for either, so this needs its HTTP/2 servers.
 */
export function limitConnections(server: Server, types: MethodTypes, failures: Failures): void {
  const open: OpenCalls = new Map();
  for (const [http2Server, handle] of http2ServersOf(server)) {
    const connections = new GrpcConnections(http2Server, failures);
    http2Server.updateSettings({ maxHeaderListSize: maxMetadataBytes });
    http2Server.removeAllListeners('stream');
    http2Server.on('stream', (stream: ServerHttp2Stream, headers, ...rest) => {
      const owner = connections.of(stream.session as never);
      const path = `${headers[':path']}`;
      const isStream = types.get(path) === 'server_stream';
      const kind = isStream ? 'stream' : path === watchPath ? 'watch' : 'unary';
      if (!hasRoom(open, kind)) return refuse(stream);
      clampTimeout(headers, kind);
      const isOneMessage = !path.startsWith(reflectionPrefix);
      const call = new OpenCall(stream, kind, (code) => failures.call(path, code), isOneMessage);
      open.set(stream, call);
      owner?.connection.calls.add(call);
      stream.once('close', () => {
        open.delete(stream);
        owner?.connection.calls.delete(call);
        if (owner && call.answered && stream.rstCode === 0) connections.answered(owner.socket);
      });
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

const changed = 'unsupported version of @grpc/grpc-js: limits.ts does not find its HTTP/2 servers';

/** Whether one more call is accepted. If need be, the oldest call that waits for its client makes room. */
function hasRoom(open: OpenCalls, kind: CallKind): boolean {
  if (open.size >= maxCalls && !makesRoom([...open.values()], maxCalls)) return false;
  if (kind !== 'stream') return true;
  const streams = [...open.values()].filter((call) => call.kind === 'stream');
  return streams.length < maxStreams || makesRoom(streams, maxStreams);
}

/** Ends the oldest of these calls that waits for its client, unless enough are ending. False if there is none. */
function makesRoom(calls: OpenCall[], max: number): boolean {
  const ending = calls.filter((call) => call.ending).length;
  if (calls.length - ending < max) return true;
  const oldest = calls.find((call) => !call.ending && call.waitsForClient());
  if (!oldest || ending >= maxEnding) return false;
  oldest.end();
  return true;
}

/** Tells the client that nothing was done, so that it can try again elsewhere. */
function refuse(stream: ServerHttp2Stream): void {
  countShed();
  stream.on('error', () => {}); // the refusal itself
  stream.close(constants.NGHTTP2_REFUSED_STREAM);
}

function endOverdue(open: OpenCalls): void {
  for (const call of open.values()) if (call.overdue()) call.end(constants.NGHTTP2_CANCEL);
}

const unitMs: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** grpc-js takes a timeout beyond 24.8 days for one that is over. */
function clampTimeout(headers: IncomingHttpHeaders, kind: CallKind): void {
  const [, value, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(`${headers['grpc-timeout']}`) ?? [];
  const seconds = Math.floor((kind === 'unary' ? callTimeout : longestTimerMs) / 1000);
  if (Number(value) * (unitMs[unit] ?? 0) > seconds * 1000) headers['grpc-timeout'] = `${seconds}S`;
}
