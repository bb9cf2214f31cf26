import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js';
import { BadRequest } from '@my-app/proto/google/rpc/error_details';
import { Status } from '@my-app/proto/google/rpc/status';
import { type FieldViolation, InvalidArgument } from '../runtime/invalid-argument.ts';

const detailsKey = 'grpc-status-details-bin';
const badRequestType = 'type.googleapis.com/google.rpc.BadRequest';

/** An error with a gRPC status for the client, which gets its message as well. */
export class StatusError extends Error {
  override name = 'StatusError';
  readonly code: status;

  constructor(code: status, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What the client is told about an error: INTERNAL, and nothing else, unless it is meant for it. */
export function toGrpcStatus(error: unknown): Partial<StatusObject> {
  if (error instanceof InvalidArgument) return invalidArgument(error);
  if (error instanceof StatusError) return { code: error.code, details: error.message };
  return { code: status.INTERNAL, details: 'internal error' };
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
