import { status } from '@grpc/grpc-js';
import { InvalidArgument } from '@my-app/service-kit/runtime';
import { fail, startFakeServiceA } from '@my-app/test-support/fake-service-a';
import { send } from '@my-app/test-support/http';
import { startServiceB } from '@my-app/test-support/services';
import { expect, test } from 'vitest';
import { toGrpcStatus } from '../../service-kit/src/grpc/status-error.ts';

// https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
test.for([
  ['CANCELLED', 499],
  ['UNKNOWN', 500],
  ['INVALID_ARGUMENT', 400],
  ['DEADLINE_EXCEEDED', 504],
  ['NOT_FOUND', 404],
  ['ALREADY_EXISTS', 409],
  ['PERMISSION_DENIED', 403],
  ['RESOURCE_EXHAUSTED', 429],
  ['FAILED_PRECONDITION', 400],
  ['ABORTED', 409],
  ['OUT_OF_RANGE', 400],
  ['UNIMPLEMENTED', 501],
  ['INTERNAL', 500],
  ['UNAVAILABLE', 503],
  ['DATA_LOSS', 500],
  ['UNAUTHENTICATED', 401],
] as const)('%s from Service A is answered with %i', async ([code, httpStatus]) => {
  const b = await startServiceB(await startFakeServiceA(fail(status[code], 'secret reason')));
  const answer = await send(`${b.http}/ping_service_a`);

  expect(answer.status).toBe(httpStatus);
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(answer.json).toMatchObject({
    type: 'about:blank',
    status: httpStatus,
    request_id: answer.headers['x-request-id'],
  });
  expect(answer.json.title).not.toBe('Error');
  expect(answer.headers['retry-after']).toBe(code === 'UNAVAILABLE' ? '1' : undefined);
  const challenge = code === 'UNAUTHENTICATED' ? 'Bearer' : undefined;
  expect(answer.headers['www-authenticate']).toBe(challenge);
  // Only details about an invalid request are passed on to the client.
  expect(answer.text.includes('secret reason')).toBe(code === 'INVALID_ARGUMENT');
});

test('a code that does not exist is answered with 500', async () => {
  const b = await startServiceB(await startFakeServiceA(fail(99)));
  expect((await send(`${b.http}/ping_service_a`)).status).toBe(500);
});

// B checks the name itself, so only a peer with another rule shows whether A's details arrive.
test('the response names the field that Service A rejected', async () => {
  const rejected = new InvalidArgument([{ field: 'name', description: 'must rhyme' }]);
  const a = await startFakeServiceA(() => {
    throw toGrpcStatus(rejected);
  });
  const b = await startServiceB(a);
  const answer = await send(`${b.http}/ping_service_a?name=Ada`);
  expect(answer.status).toBe(400);
  expect(answer.json.errors).toEqual([{ field: 'name', detail: 'must rhyme' }]);
});
