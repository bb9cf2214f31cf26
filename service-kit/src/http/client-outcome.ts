import type { IncomingMessage } from 'node:http';
import { canceled, illegalAnswer, timedOut, unavailable } from '../outbound/call-error.ts';
import type { Failure, Outcome } from '../outbound/failure.ts';

type Reason = Failure | 'illegal' | 'canceled';

/** An attempt that has no answer, or one that says that the peer failed. */
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

/** How an attempt ended that threw this. */
export function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof AttemptError) || error.reason === 'canceled') return { neutral: true };
  if (error.reason === 'illegal') return { failure: 'failed' };
  return { failure: error.reason, retryAfterMs: retryAfterMs(error.response) };
}

/** What a call threw, in terms for the client of this service. */
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

/** @throws AttemptError if the response says that the peer failed or is overloaded, so that the policy counts it */
export function failOnStatus(response: IncomingMessage): IncomingMessage {
  const { statusCode = 0, headers } = response;
  const overloaded = statusCode === 429 || (statusCode === 503 && headers['retry-after']);
  if (overloaded) throw new AttemptError('overloaded', undefined, response);
  if (failures.has(statusCode)) throw new AttemptError('failed', undefined, response);
  return response;
}

/** The response that the last attempt failed with is still an answer. */
export function answerOf(error: unknown): IncomingMessage {
  if (error instanceof AttemptError && error.response) return error.response;
  throw error;
}

/** Retry-After in seconds; a date never comes before a deadline. */
function retryAfterMs(response: IncomingMessage | undefined): number | undefined {
  const value = response?.headers['retry-after'];
  if (value === undefined) return undefined;
  return /^\d{1,6}$/.test(value) ? Number(value) * 1000 : -1;
}
