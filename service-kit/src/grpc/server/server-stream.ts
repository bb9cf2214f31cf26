import { type handleServerStreamingCall, status } from '@grpc/grpc-js';
import { StatusError } from '../status-error.ts';
import { type Answering, serialize } from './answer.ts';
import { callTimeout } from './calls.ts';
import { type Call, type HandlerOptions, InboundCall, methodOf } from './inbound-call.ts';

/** An async generator, for example. It is asked for a message when the one before has been sent. */
export type StreamHandler<Request, Response> = (
  request: Request,
  call: Call,
) => AsyncIterable<Response>;

export interface StreamOptions extends HandlerOptions {
  /** Ends the streams when it aborts. Its reason is their error. */
  shutdown: AbortSignal;
}

/**
 * Wraps an async generator as the gRPC handler of a server-streaming method, with all that unaryHandler gives. One message
 * is held at a time, until HTTP/2 has taken it. A stream that sends none for a minute ends, as DEADLINE_EXCEEDED.
 */
export function streamHandler<Request, Response>(
  method: Answering<Response>,
  handler: StreamHandler<Request, Response>,
  { shutdown, ...options }: StreamOptions,
): handleServerStreamingCall<Request, Buffer> {
  const counted = methodOf(method.path, 'server_stream', options);
  const { rpcServerMessages } = options.metrics;
  const labels = { rpc_method: counted.name };
  rpcServerMessages.inc(labels, 0);
  return async (call) => {
    const current = new InboundCall(call, counted);
    const { controller, signal } = current;
    const stop = (): void => controller.abort(shutdown.reason);
    let messages = 0;
    let timer: NodeJS.Timeout | undefined;
    let interrupt: (reason: unknown) => void = () => {};

    const wait = (): void => {
      clearTimeout(timer);
      const ms = Math.min(callTimeout, current.deadline - performance.now());
      timer = setTimeout(() => controller.abort(tooLate()), Math.max(0, ms));
    };
    const send = (message: Buffer): Promise<void> =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        interrupt = reject; // grpc-js drops the callback of a call that ends
        call.write(message, () => resolve());
      });
    /** Whichever comes first: the handler's end, or the call's, which a handler may not notice. */
    const end = (error?: unknown): void => {
      clearTimeout(timer);
      shutdown.removeEventListener('abort', stop);
      if (current.answered) return;
      if (error !== undefined) {
        call.emit('error', current.fail(error, { messages }));
      } else {
        call.end();
        current.succeed({ messages });
      }
    };
    signal.addEventListener('abort', () => {
      end(signal.reason);
      interrupt(signal.reason);
    });
    shutdown.addEventListener('abort', stop);
    try {
      if (shutdown.aborted) stop();
      signal.throwIfAborted();
      current.admit();
      wait();
      for await (const message of handler(call.request, current)) {
        await send(serialize(method, message));
        messages += 1;
        rpcServerMessages.inc(labels);
        wait();
      }
      end();
    } catch (error) {
      end(error);
    }
  };
}

const tooLate = (): StatusError =>
  new StatusError(status.DEADLINE_EXCEEDED, 'no message was sent to the client in time');
