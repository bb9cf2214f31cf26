import { expect, test } from 'vitest';
import { openLoop } from '../bench/lib/open-loop.ts';
import { startServiceA } from './support/services.ts';

test('the load tests send a request when it is due, and not with the next one', async () => {
  const a = await startServiceA();
  const { port } = new URL(a.http);
  const { answers } = await openLoop({
    port: Number(port),
    paths: ['/greeting'],
    perSecond: 1,
    seconds: 2,
  });
  expect(answers[200]?.p99Ms).toBeLessThan(500);
});
