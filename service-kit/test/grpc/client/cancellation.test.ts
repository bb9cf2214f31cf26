import { setImmediate as turn } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { expect, test, vi } from 'vitest';
import { callContext } from '../../support/call-context.ts';
import { grpcClient } from '../../support/clients.ts';
import { echoService, start } from '../../support/echo.ts';

/** As many as a client has in flight. */
const calls = 128;

test('callers that leave all at once do not reset so many calls that Node.js closes the connection', async () => {
  const answer = Promise.withResolvers<Buffer>();
  let started = 0;
  let canceled = 0;
  const { address } = await start((_request, { signal }) => {
    started += 1;
    signal.addEventListener('abort', () => {
      canceled += 1;
    });
    return answer.promise;
  });
  const client = grpcClient(echoService, address);
  const caller = new AbortController();
  const results = Array.from({ length: calls }, () =>
    client.echo(Buffer.from(''), callContext({ signal: caller.signal })).then(
      () => status.OK,
      ({ code }: { code: status }) => code,
    ),
  );
  await vi.waitFor(() => expect(started).toBe(calls));
  caller.abort();
  await turn();
  answer.resolve(Buffer.from(''));
  const codes = await Promise.all(results);
  // At most those of two seconds.
  expect(canceled).toBeGreaterThan(0);
  expect(canceled).toBeLessThanOrEqual(60);
  expect(codes.filter((code) => code === status.OK)).toHaveLength(calls - canceled);
});
