import { status } from '@grpc/grpc-js';
import { httpStatusOf } from '../grpc/status.ts';
import { StatusError } from '../grpc/status-error.ts';

/**
 * A failed call to another service, as an error for the client of this one. A gRPC server responds
 * with its code; an HTTP server reads `statusCode`, `expose` and `headers`, as it does of http-errors.
 */
export class CallError extends StatusError {
  override name = 'CallError';
  readonly expose = true;
  readonly statusCode: number;
  readonly headers: Record<string, string>;

  constructor(code: status, message: string, cause?: unknown, options: Options = {}) {
    const { statusCode = httpStatusOf(code), ...rest } = options;
    super(code, message, { cause, ...rest });
    this.statusCode = statusCode;
    this.headers = headers[statusCode] ?? {};
  }
}

const headers: Record<number, Record<string, string>> = {
  401: { 'www-authenticate': 'Bearer' }, // https://www.rfc-editor.org/rfc/rfc9110#section-15.5.2
  503: { 'retry-after': '1' },
};

interface Options {
  statusCode?: number;
  retryPushbackMs?: number;
}

/** The peer cannot be reached, or its circuit is open: 503 with Retry-After. */
export const unavailable = (cause?: unknown): CallError =>
  new CallError(status.UNAVAILABLE, 'upstream is unavailable', cause);

/** There was no response by the deadline: 504. */
export const timedOut = (cause?: unknown): CallError =>
  new CallError(status.DEADLINE_EXCEEDED, 'upstream timed out', cause);

/** The peer violated the protocol: 502. */
export const illegalAnswer = (cause?: unknown): CallError =>
  new CallError(status.UNAVAILABLE, 'upstream sent an invalid response', cause, {
    statusCode: 502,
  });

/** The caller canceled: 499. */
export const canceled = (cause?: unknown): CallError =>
  new CallError(status.CANCELLED, 'the client disconnected', cause);

/** Too many concurrent calls: 503 with Retry-After. */
export const overloaded = (): CallError =>
  new CallError(status.UNAVAILABLE, 'overloaded', undefined, { retryPushbackMs: 100 });
