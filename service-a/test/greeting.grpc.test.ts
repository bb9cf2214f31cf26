import { once } from 'node:events';
import { type ServiceError, status } from '@grpc/grpc-js';
import { nameRule } from '@my-app/proto/greeting/v1/name';
import { fieldViolationsOf } from '@my-app/service-kit/grpc/client';
import { greetEach, greetingClient } from '@my-app/test-support/grpc';
import { metric } from '@my-app/test-support/metrics';
import { startServiceA } from '@my-app/test-support/services';
import { beforeAll, expect, test, vi } from 'vitest';

let address: string;
let greet: (name?: string) => Promise<string>;
beforeAll(async () => {
  address = (await startServiceA()).grpc;
  greet = greetingClient(address);
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

test('greets each of the names, in a stream', async () => {
  const messages = await greetEach(address, ['Ada', '愛達']).toArray();
  expect(messages).toEqual([
    { message: 'Hello Ada, from Service A!' },
    { message: 'Hello 愛達, from Service A!' },
  ]);
  expect(await greetEach(address, []).toArray()).toEqual([]);
});

test('an invalid name ends the stream, with its place', async () => {
  const messages: unknown[] = [];
  const stream = greetEach(address, ['Ada', '', 'Bob']).on('data', (one) => messages.push(one));
  const error = await once(stream, 'error').catch((reason: unknown) => [reason]);
  expect(error).toMatchObject([{ code: status.INVALID_ARGUMENT }]);
  expect(fieldViolationsOf(error[0] as ServiceError)).toEqual([
    { field: 'names[1]', description: nameRule },
  ]);
  expect(messages).toHaveLength(1);
});

test.each([
  ['an error', { FAULT_ERROR_RATE: 1 }, 'INTERNAL'],
  ['a delay', { FAULT_DELAY_MS: 300 }, 'CANCELLED'],
] as const)('%s that is injected reaches a stream', async (_which, env, code) => {
  const a = await startServiceA(env);
  const stream = greetEach(a.grpc, ['Ada']);
  const ended = once(stream.resume(), 'error').catch((reason: unknown) => [reason]);
  if (code === 'CANCELLED') {
    const labels = { rpc_method: 'greeting.v1.GreetingService/GreetEach' };
    await vi.waitFor(async () => {
      expect(await metric(a.admin, 'rpc_server_active_calls')).toBe(1);
    });
    expect(await metric(a.admin, 'rpc_server_stream_messages_total', labels)).toBe(0);
    stream.cancel();
  }
  expect(await ended).toMatchObject([{ code: status[code] }]);
});
