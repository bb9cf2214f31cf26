import { status } from '@grpc/grpc-js';

/**
 * The HTTP status for each gRPC status code, as mapped by google.rpc.Code:
 * https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
 */
const httpStatuses: Record<status, number> = {
  [status.OK]: 200,
  [status.CANCELLED]: 499,
  [status.UNKNOWN]: 500,
  [status.INVALID_ARGUMENT]: 400,
  [status.DEADLINE_EXCEEDED]: 504,
  [status.NOT_FOUND]: 404,
  [status.ALREADY_EXISTS]: 409,
  [status.PERMISSION_DENIED]: 403,
  [status.RESOURCE_EXHAUSTED]: 429,
  [status.FAILED_PRECONDITION]: 400,
  [status.ABORTED]: 409,
  [status.OUT_OF_RANGE]: 400,
  [status.UNIMPLEMENTED]: 501,
  [status.INTERNAL]: 500,
  [status.UNAVAILABLE]: 503,
  [status.DATA_LOSS]: 500,
  [status.UNAUTHENTICATED]: 401,
};

/** The HTTP status for a gRPC status code; 500 if the code does not exist. */
export function httpStatusOf(code: status): number {
  return httpStatuses[code] ?? 500;
}

/** The code's name, such as `UNAVAILABLE`. */
export function statusName(code: status): string {
  return status[code] ?? 'UNKNOWN';
}
