import { type Metadata, status } from '@grpc/grpc-js';
import { CallError, timedOut, unavailable } from '../../outbound/call-error.ts';
import type { Failure, Outcome } from '../../outbound/failure.ts';
import { InvalidArgument } from '../../runtime/invalid-argument.ts';
import { statusName } from '../status.ts';
import { fieldViolationsOf, retryPushbackOf } from '../status-error.ts';
import type { AttemptError } from './attempt.ts';

/** Classifies what an attempt threw. */
export function outcomeOf(error: unknown): Outcome {
  if (!isAttemptError(error)) return { neutral: true };
  if (error.code === status.UNAVAILABLE && !error.sent) return { failure: 'unreachable' };
  return outcomeOfStatus(error.code, error.details, error.metadata);
}

/** Classifies the status that an attempt got on a connection, from the peer or from grpc-js. */
export function outcomeOfStatus(code: status, details: string, metadata: Metadata): Outcome {
  if (code === status.CANCELLED || isTooLarge(code, details)) return { neutral: true };
  const retryAfterMs = retryPushbackOf(metadata);
  if (retryAfterMs !== undefined) return { failure: 'overloaded', retryAfterMs };
  return { failure: lostConnection.test(details) ? 'lost' : failures[code] };
}

/** All other codes are answers about the request. */
const failures: Partial<Record<status, Failure>> = {
  [status.UNAVAILABLE]: 'failed',
  [status.INTERNAL]: 'failed',
  [status.UNKNOWN]: 'failed',
  [status.DATA_LOSS]: 'failed',
  [status.DEADLINE_EXCEEDED]: 'timed_out',
  [status.RESOURCE_EXHAUSTED]: 'overloaded',
};

/**
 * In the words of grpc-js and Node.js, as they have no code for it. The peer gives a connection up, for example, after a
 * thousand canceled calls: Node.js's guard against HTTP/2's rapid reset.
 */
const lostConnection = /^Connection dropped$|Session closed|ECONNRESET|Stream refused by server/;

/** A message over the limit of either side, in the words of the gRPC libraries: the contract is wrong, no peer is overloaded. */
const isTooLarge = (code: status, details: string): boolean =>
  code === status.RESOURCE_EXHAUSTED && /\bmessage\b.* (larger|exceeds) /.test(details);

/** Translates what a call threw. Details of the peer's errors stay out, except for INVALID_ARGUMENT. */
export function toCallError(error: unknown): unknown {
  if (!isAttemptError(error)) return error;
  if (isTooLarge(error.code, error.details))
    return new CallError(status.INTERNAL, 'a message to or from upstream is too large', error);
  switch (error.code) {
    case status.UNAVAILABLE:
      return unavailable(error);
    case status.DEADLINE_EXCEEDED:
      return timedOut(error);
    case status.INVALID_ARGUMENT:
      return new InvalidArgument(fieldViolationsOf(error), error.details);
    default:
      return new CallError(error.code, `upstream answered ${statusName(error.code)}`, error);
  }
}

function isAttemptError(error: unknown): error is AttemptError {
  return error instanceof Error && 'metadata' in error && 'details' in error && 'code' in error;
}
