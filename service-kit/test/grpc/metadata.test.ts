import { expect, test } from 'vitest';
import { callContext } from '../support/call-context.ts';
import { grpcClient } from '../support/clients.ts';
import { echoService, start } from '../support/echo.ts';

test('metadata that a client adds to its calls reaches the handler, only where the client adds it', async () => {
  const seen: unknown[] = [];
  const { address } = await start((request, { metadata, caller }) => {
    seen.push(metadata.get('authorization'), metadata.get('x-request-id'), caller);
    return request;
  });
  const forwarding = grpcClient(echoService, address, {
    metadata: ({ caller }) => ({ authorization: caller?.authorization ?? 'nobody' }),
  });
  const plain = grpcClient(echoService, address);
  const context = callContext({ caller: { subject: 'ada', authorization: 'Bearer secret' } });

  await forwarding.echo(Buffer.alloc(0), context);
  expect(seen.splice(0)).toEqual([['Bearer secret'], ['test'], undefined]);
  await forwarding.echo(Buffer.alloc(0), callContext());
  expect(seen.splice(0)).toEqual([['nobody'], ['test'], undefined]);
  await plain.echo(Buffer.alloc(0), context);
  expect(seen).toEqual([[], ['test'], undefined]);
});
