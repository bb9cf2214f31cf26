/** A field of a request that breaks a rule. */
export interface FieldViolation {
  field: string;
  description: string;
}

/**
 * A request that the caller must change before it can succeed. Over HTTP it becomes a 400 with
 * problem details, over gRPC INVALID_ARGUMENT with google.rpc.BadRequest.
 */
export class InvalidArgument extends Error {
  override name = 'InvalidArgument';
  readonly violations: FieldViolation[];

  constructor(violations: FieldViolation[]) {
    super(violations.map(({ field, description }) => `${field} ${description}`).join('; '));
    this.violations = violations;
  }
}
