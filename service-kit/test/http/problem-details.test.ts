import { describe, expect, test } from 'vitest';
import { HttpProblem, problemDetails, toProblem } from '../../src/http/problem-details.ts';
import { InvalidArgument } from '../../src/runtime/invalid-argument.ts';

describe('problemDetails', () => {
  test('has a title in words', () => {
    expect(problemDetails(404, 'there is no such thing')).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'there is no such thing',
    });
  });

  test('has a title for a status without a name, too', () => {
    expect(problemDetails(599, '').title).toBe('Error');
  });
});

describe('toProblem', () => {
  test('keeps a problem as it is', () => {
    const problem = new HttpProblem(503, 'busy', { headers: { 'retry-after': '2' } });
    expect(toProblem(problem)).toBe(problem);
    expect(problem.details).toEqual(problemDetails(503, 'busy'));
  });

  test('names the fields of an invalid argument', () => {
    const error = new InvalidArgument([{ field: 'name', description: 'is bad' }]);
    expect(toProblem(error)?.details).toEqual(
      problemDetails(400, 'name is bad', { errors: [{ field: 'name', detail: 'is bad' }] }),
    );
  });

  test('has no fields if an invalid argument names none', () => {
    expect(toProblem(new InvalidArgument([], 'bad'))?.details).toEqual(problemDetails(400, 'bad'));
  });

  test('passes on client errors, such as those of Fastify', () => {
    const error = Object.assign(new Error('Body is too large'), { statusCode: 413 });
    expect(toProblem(error)).toMatchObject({
      details: problemDetails(413, 'Body is too large'),
      headers: {},
    });
  });

  test('passes on a server error that is exposed, with its headers', () => {
    const headers = { 'retry-after': '1' };
    const error = Object.assign(new Error('try again'), { statusCode: 503, expose: true, headers });
    expect(toProblem(error)).toMatchObject({ details: problemDetails(503, 'try again'), headers });
  });

  const secret = 'the password is 1234';
  test.each([
    ['an error', new Error(secret)],
    ['a server error', Object.assign(new Error(secret), { statusCode: 503 })],
    ['a status below 400', Object.assign(new Error(secret), { statusCode: 302, expose: true })],
    ['a status above 599', Object.assign(new Error(secret), { statusCode: 600, expose: true })],
    ['a status that is no number', Object.assign(new Error(secret), { statusCode: '404' })],
    ['what is no Error', { statusCode: 404, message: secret }],
    ['a string', secret],
    ['null', null],
    ['undefined', undefined],
  ])('does not expose %s', (_what, error) => {
    expect(toProblem(error)).toBeUndefined();
  });
});
