import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { BrokenCircuitError } from '../../src/grpc/call-policy.ts';
import { StatusError, toGrpcStatus } from '../../src/grpc/errors.ts';
import { httpStatusOf } from '../../src/grpc/status.ts';
import { HttpProblem, problemDetails, toProblem } from '../../src/http/problem-details.ts';
import { InvalidArgument } from '../../src/runtime/invalid-argument.ts';

const badName = new InvalidArgument([{ field: 'name', description: 'is bad' }]);

describe('problemDetails', () => {
  test('has a title in words', () => {
    expect(problemDetails(404, 'there is no such thing')).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'there is no such thing',
    });
  });

  test('has a title for every status that a gRPC error can become', () => {
    for (let code = 1; code <= 16; code++) {
      expect(problemDetails(httpStatusOf(code), '').title).not.toBe('Error');
    }
  });

  test('has one for a status without a name, too', () => {
    expect(problemDetails(418, '').title).toBe('Error');
  });
});

describe('toProblem', () => {
  test('passes on a problem as it is', () => {
    expect(toProblem(new HttpProblem(404, 'gone'))).toEqual({
      problem: problemDetails(404, 'gone'),
    });
    expect(toProblem(new HttpProblem(503, 'busy', { retryAfter: 2 }))).toEqual({
      problem: problemDetails(503, 'busy'),
      retryAfter: 2,
    });
  });

  test('names the fields of an invalid argument', () => {
    expect(toProblem(badName).problem).toEqual(
      problemDetails(400, 'name is bad', { errors: [{ field: 'name', detail: 'is bad' }] }),
    );
  });

  test('names the fields that a peer objected to', () => {
    expect(toProblem(serviceError(toGrpcStatus(badName)))).toEqual(toProblem(badName));
  });

  test('leaves the fields out where a peer named none', () => {
    const error = serviceError({ code: status.INVALID_ARGUMENT, details: 'bad' });
    expect(toProblem(error)).toEqual({ problem: problemDetails(400, 'bad') });
  });

  test.each([
    ['the circuit is open', new BrokenCircuitError()],
    ['the peer is unavailable', serviceError({ code: status.UNAVAILABLE, details: '10.0.0.7:1' })],
  ])('asks to come again where %s', (_why, error) => {
    expect(toProblem(error)).toEqual({
      problem: problemDetails(503, 'a service behind this one is unavailable'),
      retryAfter: 1,
    });
  });

  test('is a 504 where the peer was late', () => {
    const error = serviceError({ code: status.DEADLINE_EXCEEDED, details: 'after 1.000s' });
    expect(toProblem(error)).toEqual({
      problem: problemDetails(504, 'a service behind this one did not answer in time'),
    });
  });

  test("keeps a peer's other errors to their code", () => {
    const error = serviceError({ code: status.NOT_FOUND, details: 'row 7 of table users' });
    expect(toProblem(error)).toEqual({
      problem: problemDetails(404, 'a service behind this one answered NOT_FOUND'),
    });
  });

  test('passes on what Fastify refuses', () => {
    const error = Object.assign(new Error('Body is too large'), { statusCode: 413 });
    expect(toProblem(error)).toEqual({ problem: problemDetails(413, 'Body is too large') });
  });

  test.each([
    ['an error', new Error('the password is 1234')],
    [
      'an error with a status of its own above 499',
      Object.assign(new Error(), { statusCode: 599 }),
    ],
    ['an error with a status below 400', Object.assign(new Error(), { statusCode: 302 })],
    ['a fault of the gRPC side', new StatusError(status.INTERNAL, 'injected fault')],
    ['a string', 'secret'],
    ['null', null],
    ['undefined', undefined],
  ])('keeps %s inside', (_what, error) => {
    expect(toProblem(error)).toEqual({ problem: problemDetails(500, 'internal error') });
  });
});

/** What grpc-js throws for a status that a server sent. */
function serviceError(answer: ReturnType<typeof toGrpcStatus>): ServiceError {
  return Object.assign(new Error(answer.details), {
    code: status.UNKNOWN,
    details: '',
    metadata: new Metadata(),
    ...answer,
  });
}
