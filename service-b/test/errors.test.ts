import { status } from '@grpc/grpc-js';
import { InvalidArgument } from '@my-app/service-kit/runtime';
import { fail, startFakeServiceA } from '@my-app/test-support/fake-service-a';
import { send } from '@my-app/test-support/http';
import { startServiceB } from '@my-app/test-support/services';
import { expect, test } from 'vitest';
import { toGrpcStatus } from '../../service-kit/src/grpc/status-error.ts';

// The status of each code: service-kit/test/grpc/status.test.ts.
test.for([
  ['INVALID_ARGUMENT', 400],
  ['NOT_FOUND', 404],
  ['INTERNAL', 500],
  ['UNAVAILABLE', 503],
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
