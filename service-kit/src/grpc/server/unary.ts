import type { handleUnaryCall, ServerUnaryCall } from '@grpc/grpc-js';
import { Metadata, status } from '@grpc/grpc-js';
import { type Context, SpanKind, type TextMapGetter } from '@opentelemetry/api';
import {
  ATTR_RPC_METHOD,
  ATTR_RPC_STATUS_CODE,
  ATTR_RPC_SYSTEM_NAME,
} from '@opentelemetry/semantic-conventions';
import type { Admission } from '../../runtime/admission.ts';
import { type CallContext, type Caller, longestCallMs } from '../../runtime/call-context.ts';
import { type Logger, roundMs } from '../../runtime/logging.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { requestIdFrom, requestIdHeader } from '../../runtime/request-id.ts';
import {
  exemplarOf,
  extractContext,
  failSpan,
  logFields,
  startSpan,
} from '../../runtime/tracing.ts';
import { statusName } from '../status.ts';
import { overloadedStatus, toGrpcStatus } from '../status-error.ts';

/** What a handler gets besides the request, and passes on with the calls that it makes. */
export interface Call extends CallContext {
  log: Logger;
  /** What the client sent with the request. */
  metadata: Metadata;
}

export type UnaryHandler<Request, Response> = (
  request: Request,
  call: Call,
) => Response | Promise<Response>;

export interface UnaryOptions {
  logger: Logger;
  metrics: Pick<Metrics, 'rpcServerDuration' | 'rpcServerActive'>;
  admission: Admission;
}

/**
 * Wraps a plain function as a gRPC handler, with a span, metrics, a log line, a request id and load
 * shedding. Errors become statuses by toGrpcStatus; unexpected ones are logged and not sent.
 */
export function unaryHandler<Request, Response>(
  path: string,
  handler: UnaryHandler<Request, Response>,
  { logger, metrics, admission }: UnaryOptions,
): handleUnaryCall<Request, Response> {
  const method = path.slice(1); // "package.Service/Method"
  const attributes = { [ATTR_RPC_SYSTEM_NAME]: 'grpc', [ATTR_RPC_METHOD]: method };
  for (const code of usualCodes) metrics.rpcServerDuration.zero(rpcLabels(method, code));
  return async (call, callback) => {
    const started = performance.now();
    const parent = extractContext(call.metadata, metadataGetter);
    const { span, context: trace } = startSpan(method, SpanKind.SERVER, attributes, parent);
    const requestId = requestIdFrom(call.metadata.get(requestIdHeader)[0]);
    const log = logger.child(logFields(requestId, trace));
    const own = new UnaryCall(call, requestId, trace, log);
    const finish = (code: status): void => {
      own.answered = true;
      const seconds = (performance.now() - started) / 1000;
      const name = statusName(code);
      admitted?.release();
      metrics.rpcServerActive.dec();
      metrics.rpcServerDuration.observe({
        labels: rpcLabels(method, code),
        value: seconds,
        exemplarLabels: exemplarOf(span),
      });
      span.setAttribute(ATTR_RPC_STATUS_CODE, name);
      if (serverFaults.has(code)) failSpan(span, name);
      span.end();
      log.info(
        { rpc_method: method, rpc_status_code: name, duration_ms: roundMs(seconds * 1000) },
        'call',
      );
    };
    const admitted = admission.admit();
    metrics.rpcServerActive.inc();
    try {
      if (!admitted) throw overloadedStatus();
      const response = await handler(call.request, own);
      callback(null, response);
      finish(call.cancelled ? cancellation(call) : status.OK);
    } catch (error) {
      const answer = toGrpcStatus(error);
      const code = call.cancelled ? cancellation(call) : (answer.code ?? status.UNKNOWN);
      if (code === status.INTERNAL) log.error({ err: error }, 'unexpected error');
      const trailers = answer.metadata ?? new Metadata();
      trailers.set(requestIdHeader, requestId);
      callback({ ...answer, metadata: trailers });
      finish(code);
    }
  };
}

class UnaryCall implements Call {
  readonly #call: ServerUnaryCall<unknown, unknown>;
  readonly requestId: string;
  readonly trace: Context;
  readonly log: Logger;
  readonly deadline: number;
  caller?: Caller;
  #controller: AbortController | undefined;
  answered = false;

  constructor(
    call: ServerUnaryCall<unknown, unknown>,
    requestId: string,
    trace: Context,
    log: Logger,
  ) {
    this.#call = call;
    this.requestId = requestId;
    this.trace = trace;
    this.log = log;
    // Measured once, so that no step of the clock moves it.
    const leftMs = Math.min(Number(call.getDeadline()) - Date.now(), longestCallMs);
    this.deadline = performance.now() + leftMs;
  }

  get metadata(): Metadata {
    return this.#call.metadata;
  }

  /**
   * Created only for handlers that ask for it. Aborts on cancellation and at the deadline. grpc-js reports every
   * call as cancelled once it has ended: the error for that would cost a tenth of the call.
   */
  get signal(): AbortSignal {
    this.#controller ??= this.#startController();
    return this.#controller.signal;
  }

  #startController(): AbortController {
    const controller = new AbortController();
    if (this.#call.cancelled) controller.abort();
    this.#call.once('cancelled', () => {
      if (!this.answered) controller.abort();
    });
    return controller;
  }
}

/** grpc-js cancels a call at its deadline as well, by a timer that may fire 1 ms early. */
const cancellation = (call: ServerUnaryCall<unknown, unknown>): status =>
  Date.now() + 1 >= Number(call.getDeadline()) ? status.DEADLINE_EXCEEDED : status.CANCELLED;

/** Their series exist before the first call, for ratios and increases. */
const usualCodes = [status.OK, status.INTERNAL, status.UNAVAILABLE];

/** The labels of a call's metric. */
export const rpcLabels = (method: string, code: status) => ({
  rpc_system_name: 'grpc',
  rpc_method: method,
  rpc_status_code: statusName(code),
  ...(serverFaults.has(code) && { error_type: statusName(code) }),
});

/** OpenTelemetry's list: https://opentelemetry.io/docs/specs/semconv/rpc/grpc/#grpc-status */
const serverFaults = new Set([
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.UNIMPLEMENTED,
  status.INTERNAL,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);

const metadataGetter: TextMapGetter<Metadata> = {
  keys: (metadata) => Object.keys(metadata.getMap()),
  get: (metadata, key) => metadata.get(key)[0]?.toString(),
};
