import type { IncomingMessage } from 'node:http';
import { canceled, illegalAnswer, timedOut, unavailable } from '../outbound/call-error.ts';
import type { Failure, Outcome } from '../outbound/failure.ts';

type Reason = Failure | 'illegal' | 'canceled';

/** A failed attempt: without a response, or with one that reports a failure of the peer. */
export class AttemptError extends Error {
  override name = 'AttemptError';
  readonly reason: Reason;
  readonly response: IncomingMessage | undefined;

  constructor(reason: Reason, cause?: unknown, response?: IncomingMessage) {
    super(cause instanceof Error ? cause.message : reason, { cause });
    this.reason = reason;
    this.response = response;
  }
}

/** Classifies what an attempt threw. */
export function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof AttemptError) || error.reason === 'canceled') return { neutral: true };
  if (error.reason === 'illegal') return { failure: 'failed' };
  return { failure: error.reason, retryAfterMs: retryAfterMs(error.response) };
}

/** Translates what a call threw into an error for the client of this service. */
export function toCallError(error: unknown): unknown {
  if (!(error instanceof AttemptError)) return error;
  switch (error.reason) {
    case 'timed_out':
      return timedOut(error);
    case 'illegal':
      return illegalAnswer(error);
    case 'canceled':
      return canceled(error);
    default:
      return unavailable(error);
  }
}

/** The statuses that correspond to INTERNAL, UNAVAILABLE and DEADLINE_EXCEEDED. */
const failures = new Set([500, 502, 503, 504]);

/**
 * @throws AttemptError if the status reports a failure or overload of the peer, so that the policy
 *   counts it
 */
export function failOnStatus(response: IncomingMessage): IncomingMessage {
  const { statusCode = 0, headers } = response;
  const overloaded = statusCode === 429 || (statusCode === 503 && headers['retry-after']);
  if (overloaded) throw new AttemptError('overloaded', undefined, response);
  if (failures.has(statusCode)) throw new AttemptError('failed', undefined, response);
  return response;
}

/** The response of the last attempt, even if it reports a failure. */
export function answerOf(error: unknown): IncomingMessage {
  if (error instanceof AttemptError && error.response) return error.response;
  throw error;
}

/** Parses Retry-After. A date means no retry: its resolution is a second, as is the usual deadline. */
function retryAfterMs(response: IncomingMessage | undefined): number | undefined {
  const value = response?.headers['retry-after'];
  if (value === undefined) return undefined;
  return /^\d{1,6}$/.test(value) ? Number(value) * 1000 : -1;
}
