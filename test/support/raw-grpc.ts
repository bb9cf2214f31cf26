import {
  type ClientHttp2Session,
  type ClientSessionOptions,
  connect,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { atEnd } from './cleanup.ts';

export interface RawAnswer {
  /** The HTTP status. */
  http: number | undefined;
  /** The gRPC status code, from the trailers or a trailers-only response. */
  grpc: number | undefined;
  message: string;
  /** The code of RST_STREAM, if the stream was reset. */
  reset: number | undefined;
}

/** A connection to a gRPC server that can send anything. */
export function rawGrpc(address: string, options: ClientSessionOptions = {}): ClientHttp2Session {
  const session = connect(`http://${address}`, options);
  session.on('error', () => {}); // each stream reports its own
  atEnd(() => session.destroy());
  return session;
}

/** Sends bytes as the body of a call, and ends it, with trailers, if told so. Undefined headers are omitted. */
export function callRaw(
  session: ClientHttp2Session,
  body: Uint8Array,
  headers: OutgoingHttpHeaders = {},
  end = true,
  trailers?: OutgoingHttpHeaders,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const answer: RawAnswer = { http: undefined, grpc: undefined, message: '', reset: undefined };
    const take = (received: Record<string, unknown>): void => {
      if (received['grpc-status'] !== undefined) answer.grpc = Number(received['grpc-status']);
      if (received['grpc-message'] !== undefined) answer.message = `${received['grpc-message']}`;
    };
    const stream = session.request(
      withoutUndefined({
        ':method': 'POST',
        ':path': '/greeting.v1.GreetingService/Greet',
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers,
      }),
      { waitForTrailers: trailers !== undefined },
    );
    if (trailers) stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.on('response', (received) => {
      answer.http = received[':status'];
      take(received);
    });
    stream.on('trailers', take);
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ERR_HTTP2_STREAM_ERROR') reject(error);
    });
    stream.on('close', () => {
      answer.reset = stream.rstCode || undefined;
      resolve(answer);
    });
    stream.resume();
    if (end) stream.end(body);
    else stream.write(body);
  });
}

/** A gRPC length-prefixed message: compressed flag, length, bytes. */
export function frame(message: Uint8Array, { compressed = 0, length = message.length } = {}) {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

function withoutUndefined(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
}
