import { ServerReflectionService } from '@my-app/proto/grpc/reflection/v1/reflection';
import { expect, test } from 'vitest';
import { grpcService } from '../../src/grpc/server/service.ts';
import { callContext } from '../support/call-context.ts';
import { grpcClient } from '../support/clients.ts';

test('a method that streams requests does not compile, on either side, and is never called', () => {
  const client = grpcClient(ServerReflectionService, 'localhost:1');
  // @ts-expect-error ServerReflectionInfo is bidirectional
  expect(() => client.serverReflectionInfo({ host: '' }, callContext())).toThrow(TypeError);

  grpcService(ServerReflectionService, {
    // @ts-expect-error ServerReflectionInfo is bidirectional
    serverReflectionInfo: async function* () {},
  });
});
