import { type ServiceError, status } from '@grpc/grpc-js';
import { BrokenCircuitError, BulkheadRejectedError } from 'cockatiel';
import { InvalidArgument } from '../../runtime/invalid-argument.ts';
import { httpStatusOf, statusName } from '../status.ts';
import { fieldViolationsOf, StatusError } from '../status-error.ts';

/**
 * A failed call to another service, in terms for the client of this one. A gRPC server answers with
 * its code; an HTTP server reads `statusCode`, `expose` and `headers`, as it does of http-errors.
 */
class CallError extends StatusError {
  override name = 'CallError';
  readonly expose = true;
  readonly statusCode: number;
  readonly headers: Record<string, string>;

  constructor(code: status, message: string, cause: unknown) {
    super(code, message, { cause });
    this.statusCode = httpStatusOf(code);
    this.headers = code === status.UNAVAILABLE ? { 'retry-after': '1' } : {};
  }
}

/** Translates what a call threw. Details of the peer's errors stay out, except for INVALID_ARGUMENT. */
export function toCallError(error: unknown): unknown {
  if (error instanceof BrokenCircuitError) return unavailable(error);
  if (error instanceof BulkheadRejectedError) {
    return new CallError(status.UNAVAILABLE, 'overloaded', error);
  }
  if (!isServiceError(error)) return error;
  switch (error.code) {
    case status.UNAVAILABLE:
      return unavailable(error);
    case status.DEADLINE_EXCEEDED:
      return new CallError(error.code, 'a service behind this one did not answer in time', error);
    case status.INVALID_ARGUMENT:
      return new InvalidArgument(fieldViolationsOf(error), error.details);
    default:
      return new CallError(
        error.code,
        `a service behind this one answered ${statusName(error.code)}`,
        error,
      );
  }
}

const unavailable = (cause: unknown): CallError =>
  new CallError(status.UNAVAILABLE, 'a service behind this one is unavailable', cause);

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'metadata' in error && 'details' in error && 'code' in error;
}
