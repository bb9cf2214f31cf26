import { expect, test, vi } from 'vitest';
import { send } from '../../test/support/http.ts';

/** What the event loop's delay is measured with, before anything imports it. */
const histogram = vi.hoisted(async () => {
  const perfHooks = (await import('node:perf_hooks')).default;
  const { syncBuiltinESMExports } = await import('node:module');
  const fake = { mean: 0, enable: () => true, disable: () => true, reset: () => {} };
  vi.spyOn(perfHooks, 'monitorEventLoopDelay').mockReturnValue(fake as never);
  syncBuiltinESMExports();
  return fake;
});

test('sheds load while the event loop lags, with a problem that says when to come again', async () => {
  const { startHttpApp } = await import('./support/http-app.ts');
  const { url } = await startHttpApp(() => {});
  (await histogram).mean = 5000e6; // ns
  await vi.waitFor(async () => expect((await send(`${url}/docs`)).status).toBe(503), 5000);
  const answer = await send(`${url}/docs`);
  expect(answer.headers).toMatchObject({
    'retry-after': '1',
    'content-type': 'application/problem+json; charset=utf-8',
  });
  expect(answer.json).toMatchObject({ status: 503, detail: 'overloaded' });

  (await histogram).mean = 0;
  await vi.waitFor(async () => expect((await send(`${url}/docs`)).status).toBe(200), 5000);
});
