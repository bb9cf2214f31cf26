import type { EventEmitter } from 'node:events';
import type { ServerUnaryCall, StatusObject } from '@grpc/grpc-js';
import { Metadata, status } from '@grpc/grpc-js';
import { type Context, type Span, SpanKind, type TextMapGetter } from '@opentelemetry/api';
import type { Admission, Admitted } from '../../runtime/admission.ts';
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
import { type GrpcType, typeLabel } from '../method-kind.ts';
import { statusName } from '../status.ts';
import { overloadedStatus, toGrpcStatus } from '../status-error.ts';

/** What a handler gets besides the request, and passes on with the calls that it makes. */
export interface Call extends CallContext {
  log: Logger;
  /** What the client sent with the request. */
  metadata: Metadata;
}

export interface HandlerOptions {
  logger: Logger;
  metrics: Pick<Metrics, 'rpcServerDuration' | 'rpcServerActive' | 'rpcServerMessages'>;
  admission: Admission;
}

/** A method that calls are counted for. */
export interface Method extends HandlerOptions {
  /** "package.Service/Method" */
  name: string;
  type: GrpcType;
}

/** The method with this path. Its usual series exist before the first call, for ratios and increases. */
export function methodOf(path: string, type: GrpcType, options: HandlerOptions): Method {
  const method = { ...options, name: path.slice(1), type };
  for (const code of [status.OK, status.INTERNAL, status.UNAVAILABLE]) {
    options.metrics.rpcServerDuration.zero(rpcLabels(method.name, code, type));
  }
  return method;
}

type GrpcCall = EventEmitter &
  Pick<ServerUnaryCall<unknown, unknown>, 'metadata' | 'cancelled' | 'getDeadline'>;

/** A call with its span, metrics, log line and request id, from the handler's start to the answer. */
export class InboundCall implements Call {
  readonly requestId: string;
  readonly trace: Context;
  readonly log: Logger;
  readonly deadline: number;
  caller?: Caller;
  readonly #call: GrpcCall;
  readonly #method: Method;
  readonly #span: Span;
  readonly #started = performance.now();
  #admitted: Admitted | undefined;
  #controller: AbortController | undefined;
  #answered = false;

  constructor(call: GrpcCall, method: Method) {
    this.#call = call;
    this.#method = method;
    const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': method.name };
    const parent = extractContext(call.metadata, metadataGetter);
    const { span, context } = startSpan(method.name, SpanKind.SERVER, attributes, parent);
    this.#span = span;
    this.trace = context;
    this.requestId = requestIdFrom(call.metadata.get(requestIdHeader)[0]);
    this.log = method.logger.child(logFields(this.requestId, context));
    // Measured once, so that no step of the clock moves it.
    const leftMs = Number(call.getDeadline()) - Date.now();
    const longest = method.type === 'unary' ? longestCallMs : Number.POSITIVE_INFINITY;
    this.deadline = this.#started + Math.min(leftMs, longest);
    method.metrics.rpcServerActive.inc();
  }

  get metadata(): Metadata {
    return this.#call.metadata;
  }

  /** @throws StatusError (UNAVAILABLE) if the process has no capacity for the call */
  admit(): void {
    this.#admitted = this.#method.admission.admit();
    if (!this.#admitted) throw overloadedStatus();
  }

  /**
   * Created only for handlers that ask for it. Aborts on cancellation and at the deadline. grpc-js reports every
   * call as cancelled once it has ended: the error for that would cost a tenth of the call.
   */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Aborts the handler's signal. */
  get controller(): AbortController {
    this.#controller ??= this.#startController();
    return this.#controller;
  }

  /** Whether the call has its status. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Counts and logs the call as answered, or as canceled where its client left. */
  succeed(fields: object = {}): void {
    this.#finish(this.#call.cancelled ? cancellation(this) : status.OK, fields);
  }

  /** Counts and logs the call as failed. Unexpected errors are logged and not sent. */
  fail(error: unknown, fields: object = {}): Partial<StatusObject> {
    const answer = toGrpcStatus(error);
    const code = this.#call.cancelled ? cancellation(this) : (answer.code ?? status.UNKNOWN);
    if (code === status.INTERNAL) this.log.error({ err: error }, 'unexpected error');
    const trailers = answer.metadata ?? new Metadata();
    trailers.set(requestIdHeader, this.requestId);
    this.#finish(code, fields);
    return { ...answer, metadata: trailers };
  }

  #finish(code: status, fields: object): void {
    this.#answered = true;
    const { name: method, type, metrics } = this.#method;
    const seconds = (performance.now() - this.#started) / 1000;
    const name = statusName(code);
    this.#admitted?.release();
    metrics.rpcServerActive.dec();
    metrics.rpcServerDuration.observe({
      labels: rpcLabels(method, code, type),
      value: seconds,
      exemplarLabels: exemplarOf(this.#span),
    });
    this.#span.setAttribute('rpc.status_code', name);
    if (serverFaults.has(code)) failSpan(this.#span, name);
    this.#span.end();
    const duration_ms = roundMs(seconds * 1000);
    this.log.info({ rpc_method: method, rpc_status_code: name, duration_ms, ...fields }, 'call');
  }

  #startController(): AbortController {
    const controller = new AbortController();
    if (this.#call.cancelled) controller.abort();
    this.#call.once('cancelled', () => {
      if (!this.#answered) controller.abort();
    });
    return controller;
  }
}

/** grpc-js cancels a call at its deadline as well, by a timer that may fire 1 ms early. */
const cancellation = ({ deadline }: Call): status =>
  performance.now() + 1 >= deadline ? status.DEADLINE_EXCEEDED : status.CANCELLED;

/** The labels of a call's metric. */
export const rpcLabels = (method: string, code: status, type: GrpcType = 'unary') => ({
  rpc_system_name: 'grpc',
  rpc_method: method,
  rpc_status_code: statusName(code),
  ...typeLabel(type),
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
