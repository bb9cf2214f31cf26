import { credentials } from '@grpc/grpc-js';
import { HealthService } from '@my-app/proto/health/v1/health';
import { atEnd } from '@my-app/test-support/cleanup';
import { expect, test } from 'vitest';
import { createGrpcClient } from '../../src/grpc/client/client.ts';
import { grpcService } from '../../src/grpc/server/service.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { callContext } from '../support/call-context.ts';
import { silent } from '../support/logs.ts';

test('a streaming method does not compile, on either side, and is never called as a unary one', () => {
  const client = createGrpcClient(HealthService, {
    name: 'peer',
    address: 'localhost:1',
    credentials: credentials.createInsecure(),
    deadlineMs: 1,
    attemptTimeoutMs: 1,
    logger: silent,
    metrics: createMetrics(),
  });
  atEnd(() => client.close());
  // @ts-expect-error Watch is a stream of responses
  expect(() => client.watch({ service: '' }, callContext())).toThrow(TypeError);

  grpcService(HealthService, {
    check: () => ({ status: 1 }),
    list: () => ({ statuses: {} }),
    // @ts-expect-error Watch is a stream of responses
    watch: () => ({ status: 1 }),
  });
});
