import { type Client, type MethodDefinition, status } from '@grpc/grpc-js';
import { overloaded } from '../../outbound/call-error.ts';
import { type CallContext, longestCallMs, longestTimerMs } from '../../runtime/call-context.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { countShed } from '../../runtime/overload.ts';
import {
  type AttemptError,
  type AttemptOptions,
  type MakeAttempt,
  observeAttempts,
} from './attempt.ts';
import { toCallError } from './outcome.ts';

/** Each may hold HTTP/2's window of 64 KiB. They are not counted among the calls, which end soon. */
const maxStreams = 128;

/** A stream whose first message has arrived, or that ended well without one. */
export interface OpenStream<Response> {
  first: Response | undefined;
  /** The next message; undefined at the end. Throws AttemptError. */
  next(): Promise<Response | undefined>;
  cancel(): void;
}

/** The longest grpc-timeout in ms, which has 8 digits. */
const longestTimeoutMs = 99_999_999;

/**
 * Attempts at a method that streams its answer. An attempt, and so its deadline, ends with the first message. Then the
 * caller's deadline bounds the stream, and a minute each wait for a message.
 *
 * Not with grpc-js's own stream and deadline. It reads 16 messages ahead, and reports each stream that its caller's deadline
 * ends as a failure of the peer, whose address is then ejected.
 */
export function streamsAt<Request, Response>(
  client: Client,
  { path, requestSerialize, responseDeserialize }: MethodDefinition<Request, Response>,
  options: AttemptOptions & { metrics: Pick<Metrics, 'rpcClientMessages'> },
): MakeAttempt<Request, OpenStream<Response>> {
  const channel = client.getChannel();
  const observe = observeAttempts(path, 'server_stream', options);
  const labels = { rpc_method: path.slice(1) };
  const { metrics } = options;
  metrics.rpcClientMessages.inc(labels, 0);

  return async (request, context, { deadline, signal }) => {
    const message = requestSerialize(request);
    const { metadata, finish } = observe(context);
    const leftMs = Math.max(1, Math.ceil(context.deadline - performance.now()));
    if (leftMs <= longestTimeoutMs) metadata.set('grpc-timeout', `${leftMs}m`);
    const call = channel.createCall(path, Number.POSITIVE_INFINITY, null, null, null);

    let received = 0;
    let expired = false;
    /** Null where the stream ended well. */
    let end: AttemptError | null | undefined;
    let waiting: PromiseWithResolvers<Response | undefined> | undefined;
    let idle: NodeJS.Timeout | undefined;
    const expire = (code: status): void => {
      expired = true;
      call.cancelWithStatus(code, 'no message in time');
    };
    const ownDeadline = (): void =>
      expire(received > 0 ? status.CANCELLED : status.DEADLINE_EXCEEDED);
    const total = setTimeout(ownDeadline, Math.min(leftMs, longestTimerMs));
    const cancel = (): void => {
      if (end === undefined) call.cancelWithStatus(status.CANCELLED, 'canceled');
    };
    const next = (until = performance.now() + longestCallMs): Promise<Response | undefined> => {
      waiting = Promise.withResolvers();
      if (end === undefined) {
        const ms = Math.max(0, until - performance.now());
        idle = setTimeout(expire, ms, status.DEADLINE_EXCEEDED);
        call.startRead();
      } else if (end) waiting.reject(end);
      else waiting.resolve(undefined);
      return waiting.promise;
    };

    signal.addEventListener('abort', cancel);
    call.start(metadata, {
      onReceiveMetadata() {},
      onReceiveMessage(bytes: Buffer) {
        clearTimeout(idle);
        try {
          waiting?.resolve(responseDeserialize(bytes));
          received += 1;
          metrics.rpcClientMessages.inc(labels);
        } catch {
          call.cancelWithStatus(status.INTERNAL, 'invalid message');
        }
      },
      onReceiveStatus(result) {
        for (const timer of [idle, total]) clearTimeout(timer);
        for (const one of [signal, context.signal]) one.removeEventListener('abort', cancel);
        const code = expired ? status.DEADLINE_EXCEEDED : result.code;
        finish(code);
        const sent = call.getPeer() !== channel.getTarget();
        end =
          code === status.OK
            ? null
            : Object.assign(new Error(result.details), { ...result, code, sent });
        if (end) waiting?.reject(end);
        else waiting?.resolve(undefined);
      },
    });
    call.sendMessageWithContext({}, message);
    call.halfClose();
    if (signal.aborted) cancel();

    const first = await next(deadline);
    // Another signal than the caller's bounded the first message if that was a circuit breaker's trial.
    if (end === undefined) context.signal.addEventListener('abort', cancel);
    if (context.signal.aborted) cancel();
    return { first, next: () => next(), cancel };
  };
}

type Open<Request, Response> = (
  request: Request,
  callContext: CallContext,
) => Promise<OpenStream<Response>>;

/**
 * Makes generators of the messages of one peer's streams. A stream is opened when its first message is asked for, and canceled
 * when its consumer stops. One too many throws CallError (UNAVAILABLE).
 */
export function streamReader() {
  let streams = 0;
  return <Request, Response>(open: Open<Request, Response>) =>
    async function* (request: Request, context: CallContext): AsyncGenerator<Response, void> {
      if (streams >= maxStreams) {
        countShed();
        throw overloaded();
      }
      streams += 1;
      let stream: OpenStream<Response> | undefined;
      try {
        stream = await open(request, context);
        for (let next = stream.first; next !== undefined; next = await stream.next()) yield next;
      } catch (error) {
        throw toCallError(error);
      } finally {
        stream?.cancel();
        streams -= 1;
      }
    };
}
