import {
  type Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Attempt } from '../outbound/call-policy.ts';
import { type CallContext, longestTimerMs } from '../runtime/call-context.ts';
import { pathOf } from '../runtime/path-of.ts';
import { requestIdHeader } from '../runtime/request-id.ts';
import { injectHeaders } from '../runtime/tracing.ts';
import type { HttpClientOptions, HttpRequest } from './client.ts';
import { HttpClientCall } from './client-call.ts';
import { AttemptError } from './client-outcome.ts';

/** TCP sends its first packet again after a second (RFC 6298): another address is no slower. */
const connectMs = 1000;

interface Exchange extends Attempt {
  base: URL;
  /** An IP address of the host. */
  address: string;
  agent: Agent;
  request: HttpRequest;
  context: CallContext;
  options: Pick<HttpClientOptions, 'metrics' | 'attemptTimeoutMs'>;
}

/**
 * Sends a request once and resolves to the head of its response, whose body must be read or destroyed.
 *
 * @throws AttemptError
 */
export async function exchange(exchange: Exchange): Promise<IncomingMessage> {
  const { base, request, context, options, deadline } = exchange;
  if (deadline <= performance.now()) throw new AttemptError('timed_out'); // the address was found late
  const { method, path, headers } = request;
  const url = new URL(base.origin); // without credentials, which must not reach a span
  url.pathname = pathOf(path);
  const call = new HttpClientCall({ method, url, parent: context.trace, metrics: options.metrics });
  try {
    const response = await send(exchange, {
      ...injectHeaders(call.context, { ...headers }),
      host: base.host,
      [requestIdHeader]: context.requestId,
    });
    call.finish(response.statusCode);
    return response;
  } catch (error) {
    call.finish(undefined, (error as AttemptError).reason);
    throw error;
  }
}

function send(
  { base, address, agent, request, deadline, signal, options }: Exchange,
  headers: HttpRequest['headers'],
): Promise<IncomingMessage> {
  const { method, path, body } = request;
  const start = base.protocol === 'https:' ? httpsRequest : httpRequest;
  const outgoing = start(base, { hostname: address, agent, method, path, headers });
  const isSent = watchSending(outgoing);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const fail = (error: AttemptError): void => {
    reject(error);
    outgoing.destroy(error);
  };
  const left = deadline - performance.now();
  const overdue = setTimeout(() => fail(new AttemptError('timed_out')), left);
  // Connecting is limited, so that the address of a pod that is gone, which drops packets, leaves time for another.
  const unconnected = setTimeout(
    () => isSent() || fail(new AttemptError('unreachable')),
    Math.min(left, options.attemptTimeoutMs, connectMs),
  );
  const cancel = (): void => fail(new AttemptError('canceled'));
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  outgoing.on('error', (error) => reject(new AttemptError(reasonOf(error, isSent()), error)));
  outgoing.on('upgrade', (_response, socket) => {
    socket.destroy();
    fail(new AttemptError('illegal', new Error('101 in response to a request without Upgrade')));
  });
  outgoing.on('response', (response) => {
    const { statusCode = 0 } = response;
    if (statusCode <= 599) return resolve(response);
    return fail(new AttemptError('illegal', new Error(`status ${statusCode}`)));
  });
  outgoing.end(body);
  return promise.finally(() => {
    clearTimeout(overdue);
    clearTimeout(unconnected);
    signal.removeEventListener('abort', cancel);
  });
}

/** Whether there was a connection, so that the request may have been sent. */
function watchSending(outgoing: ClientRequest): () => boolean {
  let sent = false;
  const done = (): void => {
    sent = true;
  };
  outgoing.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', done);
    else done();
  });
  return () => sent;
}

/** HPE_… are the codes of Node.js's parser. */
function reasonOf(
  { code = '' }: NodeJS.ErrnoException,
  sent: boolean,
): 'illegal' | 'lost' | 'unreachable' {
  if (code.startsWith('HPE_')) return 'illegal';
  return sent ? 'lost' : 'unreachable';
}

/** Aborts a response that sends nothing for `idleMs`, or at the deadline. Its reader may be slow. */
export function keepBodyFlowing(
  response: IncomingMessage,
  context: CallContext,
  idleMs: number,
): void {
  const { socket } = response;
  response.on('error', () => {}); // the error also reaches the reader
  const cut = (): void => void response.destroy(new AttemptError('timed_out'));
  const cutIfIdle = (): void => {
    if (response.readableLength === 0) cut();
  };
  // A gRPC stream may have no deadline.
  const leftMs = Math.min(longestTimerMs, context.deadline - performance.now());
  const overdue = setTimeout(cut, Math.max(1, leftMs));
  socket.setTimeout(idleMs).on('timeout', cutIfIdle);
  const { signal } = context;
  if (signal.aborted) cut();
  signal.addEventListener('abort', cut, { once: true });
  response.once('close', () => {
    clearTimeout(overdue);
    socket.setTimeout(0).off('timeout', cutIfIdle);
    signal.removeEventListener('abort', cut);
  });
}
