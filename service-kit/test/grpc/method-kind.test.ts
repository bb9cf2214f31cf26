import { credentials } from '@grpc/grpc-js';
import { ServerReflectionService } from '@my-app/proto/grpc/reflection/v1/reflection';
import { atEnd } from '@my-app/test-support/cleanup';
import { expect, test } from 'vitest';
import { createGrpcClient } from '../../src/grpc/client/client.ts';
import { grpcService } from '../../src/grpc/server/service.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { callContext } from '../support/call-context.ts';
import { silent } from '../support/logs.ts';

test('a method that streams requests does not compile, on either side, and is never called', () => {
  const client = createGrpcClient(ServerReflectionService, {
    name: 'peer',
    address: 'localhost:1',
    credentials: credentials.createInsecure(),
    deadlineMs: 1,
    attemptTimeoutMs: 1,
    logger: silent,
    metrics: createMetrics(),
  });
  atEnd(() => client.close());
  // @ts-expect-error ServerReflectionInfo is bidirectional
  expect(() => client.serverReflectionInfo({ host: '' }, callContext())).toThrow(TypeError);

  grpcService(ServerReflectionService, {
    // @ts-expect-error ServerReflectionInfo is bidirectional
    serverReflectionInfo: async function* () {},
  });
});
