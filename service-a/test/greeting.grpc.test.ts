import { type ServiceError, status } from '@grpc/grpc-js';
import { nameRule } from '@my-app/proto/greeting/v1/name';
import { fieldViolationsOf } from '@my-app/service-kit/grpc/client';
import { greetingClient } from '@my-app/test-support/grpc';
import { startServiceA } from '@my-app/test-support/services';
import { beforeAll, expect, test } from 'vitest';

let greet: (name?: string) => Promise<string>;
beforeAll(async () => {
  greet = greetingClient((await startServiceA()).grpc);
});

test.each([
  [undefined, 'Hello from Service A!'],
  ['Ada', 'Hello Ada, from Service A!'],
  [' Ada King ', 'Hello Ada King, from Service A!'],
  ['愛達', 'Hello 愛達, from Service A!'],
])('greets %s', async (name, message) => {
  expect(await greet(name)).toBe(message);
});

test.each(['', ' ', '\0', 'x'.repeat(65)])(
  '%j is rejected with the name of the field',
  async (name) => {
    const error: ServiceError = await greet(name).then(
      () => expect.fail(),
      (error) => error,
    );
    expect(error).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: `name ${nameRule}`,
    });
    expect(fieldViolationsOf(error)).toEqual([{ field: 'name', description: nameRule }]);
  },
);
