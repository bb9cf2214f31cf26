import { type ServiceError, status } from '@grpc/grpc-js';
import { fieldViolationsOf } from '@my-app/service-kit/grpc/client';
import { greetingClient } from '@my-app/test-support/grpc';
import { keepAliveAgent, send } from '@my-app/test-support/http';
import { type ServiceUnderTest, startServiceA } from '@my-app/test-support/services';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { anyName, brokenText } from './support/names.ts';

let a: ServiceUnderTest;
beforeAll(async () => {
  a = await startServiceA();
});

test('a name gets the same answer over HTTP and gRPC, including the invalid field', async () => {
  const overGrpc = greetingClient(a.grpc);
  const agent = keepAliveAgent();
  await fc.assert(
    fc.asyncProperty(fc.oneof(anyName, brokenText), async (name) => {
      const grpc = await overGrpc(name).then(
        (message) => ({ message }),
        (error: ServiceError) => ({
          refused: error.code === status.INVALID_ARGUMENT,
          fields: fieldViolationsOf(error).map(({ field, description }) => [field, description]),
        }),
      );
      const { status: code, json } = await send(
        `${a.http}/greeting?${new URLSearchParams({ name })}`,
        { agent },
      );
      const http =
        code === 200
          ? { message: json.message }
          : {
              refused: code === 400,
              fields: json.errors?.map((error: Record<string, string>) => Object.values(error)),
            };
      expect(http).toEqual(grpc);
    }),
    { numRuns: 300 },
  );
});
