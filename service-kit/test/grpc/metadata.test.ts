import { credentials } from '@grpc/grpc-js';
import { atEnd } from '@my-app/test-support/cleanup';
import { expect, test } from 'vitest';
import { createGrpcClient } from '../../src/grpc/client/client.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { callContext } from '../support/call-context.ts';
import { echoService, start } from '../support/echo.ts';
import { silent } from '../support/logs.ts';

test('metadata that a client adds to its calls reaches the handler, only where the client adds it', async () => {
  const seen: unknown[] = [];
  const { address } = await start((request, { metadata, caller }) => {
    seen.push(metadata.get('authorization'), metadata.get('x-request-id'), caller);
    return request;
  });
  const options = {
    name: 'echo',
    address,
    credentials: credentials.createInsecure(),
    deadlineMs: 10_000,
    attemptTimeoutMs: 10_000,
    logger: silent,
    metrics: createMetrics(),
  };
  const forwarding = createGrpcClient(echoService, {
    ...options,
    metadata: ({ caller }) => ({ authorization: caller?.authorization ?? 'nobody' }),
  });
  const plain = createGrpcClient(echoService, options);
  atEnd(() => [forwarding, plain].map((client) => client.close()));
  const context = callContext({ caller: { subject: 'ada', authorization: 'Bearer secret' } });

  await forwarding.echo(Buffer.alloc(0), context);
  expect(seen.splice(0)).toEqual([['Bearer secret'], ['test'], undefined]);
  await forwarding.echo(Buffer.alloc(0), callContext());
  expect(seen.splice(0)).toEqual([['nobody'], ['test'], undefined]);
  await plain.echo(Buffer.alloc(0), context);
  expect(seen).toEqual([[], ['test'], undefined]);
});
