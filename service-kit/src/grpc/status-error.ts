import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js';
import { BadRequest } from '@my-app/proto/google/rpc/error_details';
import { Status } from '@my-app/proto/google/rpc/status';
import { type FieldViolation, InvalidArgument } from '../runtime/invalid-argument.ts';

const pushbackKey = 'grpc-retry-pushback-ms';
const detailsKey = 'grpc-status-details-bin';
const badRequestType = 'type.googleapis.com/google.rpc.BadRequest';

interface StatusErrorOptions extends ErrorOptions {
  /** Marks a refusal for lack of capacity, so that no client takes it for a failure: see retryPushbackOf. */
  retryPushbackMs?: number;
}

/** An error with a gRPC status for the client, which gets its message as well. */
export class StatusError extends Error {
  override name = 'StatusError';
  readonly code: status;
  readonly retryPushbackMs: number | undefined;

  constructor(
    code: status,
    message: string,
    { retryPushbackMs, ...options }: StatusErrorOptions = {},
  ) {
    super(message, options);
    this.code = code;
    this.retryPushbackMs = retryPushbackMs;
  }
}

/** Refuses a request that this process has no capacity for. Another pod may have some, so the client may soon try again. */
export const overloadedStatus = (): StatusError =>
  new StatusError(status.UNAVAILABLE, 'overloaded', { retryPushbackMs: 100 });

/** What the client is told about an error: INTERNAL, and nothing else, unless it is meant for it. */
export function toGrpcStatus(error: unknown): Partial<StatusObject> {
  if (error instanceof InvalidArgument) return invalidArgument(error);
  if (error instanceof StatusError) return withPushback(error);
  return { code: status.INTERNAL, details: 'internal error' };
}

function withPushback({
  code,
  message: details,
  retryPushbackMs,
}: StatusError): Partial<StatusObject> {
  if (retryPushbackMs === undefined) return { code, details };
  const metadata = new Metadata();
  metadata.set(pushbackKey, `${retryPushbackMs}`);
  return { code, details, metadata };
}

/** The rich error model: https://google.aip.dev/193 */
function invalidArgument({ message, violations }: InvalidArgument): Partial<StatusObject> {
  const badRequest = BadRequest.encode({
    fieldViolations: violations.map((violation) => ({
      ...violation,
      reason: '',
      localizedMessage: undefined,
    })),
  });
  const details = Status.encode({
    code: status.INVALID_ARGUMENT,
    message,
    details: [{ typeUrl: badRequestType, value: Buffer.from(badRequest.finish()) }],
  });
  const metadata = new Metadata();
  metadata.set(detailsKey, Buffer.from(details.finish()));
  return { code: status.INVALID_ARGUMENT, details: message, metadata };
}

/** The fields that a server rejected; empty if the error has no such details. */
export function fieldViolationsOf(error: ServiceError): FieldViolation[] {
  const [bytes] = error.metadata.get(detailsKey);
  if (!Buffer.isBuffer(bytes)) return [];
  try {
    return Status.decode(bytes)
      .details.filter(({ typeUrl }) => typeUrl === badRequestType)
      .flatMap(({ value }) => BadRequest.decode(value).fieldViolations)
      .map(({ field, description }) => ({ field, description }));
  } catch {
    return []; // Malformed details must not hide the error itself.
  }
}

/**
 * When a server that refused a call for lack of capacity wants it again, in ms; negative for never. Undefined without this mark.
 * https://github.com/grpc/proposal/blob/master/A6-client-retries.md#pushback
 */
export function retryPushbackOf(metadata: Metadata): number | undefined {
  const [value] = metadata.get(pushbackKey);
  if (value === undefined) return undefined;
  return /^\d{1,9}$/.test(value.toString()) ? Number(value) : -1;
}
