import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { outcomeOf, toCallError } from '../../../src/grpc/client/outcome.ts';
import { httpStatusOf } from '../../../src/grpc/status.ts';
import { toGrpcStatus } from '../../../src/grpc/status-error.ts';
import { type HttpProblem, problemDetails, toProblem } from '../../../src/http/problem-details.ts';
import { illegalAnswer, timedOut, unavailable } from '../../../src/outbound/call-error.ts';
import { InvalidArgument } from '../../../src/runtime/invalid-argument.ts';

/** What the clients of this service get for an error of the service behind it. */
const overHttp = (error: unknown) => {
  const { details, headers } = toProblem(toCallError(error)) as HttpProblem;
  return { details, headers };
};
const overGrpc = (error: unknown) => toGrpcStatus(toCallError(error));

test.each([
  ['the circuit is open', unavailable()],
  ['the peer is unavailable', serviceError(status.UNAVAILABLE, '10.0.0.7:1')],
])('asks to try again if %s', (_why, error) => {
  const message = 'upstream is unavailable';
  expect(overHttp(error)).toEqual({
    details: problemDetails(503, message),
    headers: { 'retry-after': '1' },
  });
  expect(overGrpc(error)).toEqual({ code: status.UNAVAILABLE, details: message });
});

test('is a timeout if the peer did not respond in time', () => {
  const error = serviceError(status.DEADLINE_EXCEEDED, 'after 1.000s');
  const message = 'upstream timed out';
  expect(overHttp(error)).toEqual({ details: problemDetails(504, message), headers: {} });
  expect(overGrpc(error)).toEqual({ code: status.DEADLINE_EXCEEDED, details: message });
});

test("keeps the code of a peer's other errors, and nothing else", () => {
  const error = serviceError(status.NOT_FOUND, 'row 7 of table users');
  const message = 'upstream answered NOT_FOUND';
  expect(overHttp(error)).toEqual({ details: problemDetails(404, message), headers: {} });
  expect(overGrpc(error)).toEqual({ code: status.NOT_FOUND, details: message });
});

test('has a title in words for every code', () => {
  for (let code = 1; code <= 16; code++) {
    expect(problemDetails(httpStatusOf(code), '').title).not.toBe('Error');
  }
});

describe('an invalid argument', () => {
  test('names the fields that the peer rejected', () => {
    const badName = new InvalidArgument([{ field: 'name', description: 'is bad' }]);
    const { code = 0, details = '', metadata } = toGrpcStatus(badName);
    expect(toCallError(serviceError(code, details, metadata))).toEqual(badName);
  });

  test('keeps the message if the peer named no fields', () => {
    const error = serviceError(status.INVALID_ARGUMENT, 'bad');
    expect(toCallError(error)).toEqual(new InvalidArgument([], 'bad'));
  });
});

test.each([new Error('a bug'), 'a bug', null])('leaves %s unchanged', (error) => {
  expect(toCallError(error)).toBe(error);
});

test('an HTTP peer maps to the same statuses, and an invalid response to 502', () => {
  const statusOf = (error: unknown) => overHttp(error).details.status;
  expect([unavailable(), timedOut(), illegalAnswer()].map(statusOf)).toEqual([503, 504, 502]);
});

describe('an attempt that failed counts as', () => {
  const pushback = (value: string): Metadata => {
    const metadata = new Metadata();
    metadata.set('grpc-retry-pushback-ms', value);
    return metadata;
  };
  const unsent = Object.assign(serviceError(status.UNAVAILABLE, 'refused'), { sent: false });

  test.each([
    ['no connection', unsent, { failure: 'unreachable' }],
    ['UNAVAILABLE', serviceError(status.UNAVAILABLE, ''), { failure: 'failed' }],
    ['INTERNAL', serviceError(status.INTERNAL, ''), { failure: 'failed' }],
    ['UNKNOWN', serviceError(status.UNKNOWN, ''), { failure: 'failed' }],
    ['DATA_LOSS', serviceError(status.DATA_LOSS, ''), { failure: 'failed' }],
    [
      'a lost connection',
      serviceError(status.UNAVAILABLE, 'Connection dropped'),
      { failure: 'lost' },
    ],
    ['a timeout', serviceError(status.DEADLINE_EXCEEDED, ''), { failure: 'timed_out' }],
    ['RESOURCE_EXHAUSTED', serviceError(status.RESOURCE_EXHAUSTED, ''), { failure: 'overloaded' }],
    ['NOT_FOUND', serviceError(status.NOT_FOUND, ''), { failure: undefined }],
    ['canceled', serviceError(status.CANCELLED, ''), { neutral: true }],
    ['a bug', new Error('a bug'), { neutral: true }],
    [
      'a pushback',
      serviceError(status.UNAVAILABLE, 'overloaded', pushback('100')),
      { failure: 'overloaded', retryAfterMs: 100 },
    ],
    [
      'a pushback for good',
      serviceError(status.UNAVAILABLE, 'overloaded', pushback('no')),
      { failure: 'overloaded', retryAfterMs: -1 },
    ],
  ])('%s', (_what, error, outcome) => {
    expect(outcomeOf(error)).toEqual(outcome);
  });
});

/** What grpc-js throws for a status that a server sent. */
function serviceError(code: status, details: string, metadata = new Metadata()): ServiceError {
  return Object.assign(new Error(details), { code, details, metadata, sent: true });
}
