/** A field of a request that violates a rule. */
export interface FieldViolation {
  field: string;
  description: string;
}

/**
 * The request is invalid and must be changed before it is repeated. Over HTTP it becomes 400 with
 * problem details, over gRPC INVALID_ARGUMENT with google.rpc.BadRequest.
 */
export class InvalidArgument extends Error {
  override name = 'InvalidArgument';
  readonly violations: FieldViolation[];

  constructor(violations: FieldViolation[], message = textOf(violations)) {
    super(message);
    this.violations = violations;
  }
}

const textOf = (violations: FieldViolation[]): string =>
  violations.map(({ field, description }) => `${field} ${description}`).join('; ');
