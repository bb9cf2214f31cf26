import { randomUUID } from 'node:crypto';

/** The HTTP header and gRPC metadata key of the request id. */
export const requestIdHeader = 'x-request-id';

const acceptable = /^[\w.:-]{1,64}$/;

/** The client's request id if it sent one that is safe to log, else a new one. */
export function requestIdFrom(header: unknown): string {
  return typeof header === 'string' && acceptable.test(header) ? header : randomUUID();
}
