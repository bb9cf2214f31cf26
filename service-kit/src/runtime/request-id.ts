import { randomUUID } from 'node:crypto';

/** The header, and gRPC metadata key, that carries the request id from hop to hop. */
export const requestIdHeader = 'x-request-id';

const acceptable = /^[\w.:-]{1,64}$/;

/** The caller's id where it has one that is fit for logs, else a new one. */
export function requestIdFrom(header: unknown): string {
  return typeof header === 'string' && acceptable.test(header) ? header : randomUUID();
}
