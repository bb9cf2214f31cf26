import { send } from '@my-app/test-support/http';
import { expect, test, vi } from 'vitest';
import { startHttpApp } from '../support/http-app.ts';

const overload = vi.hoisted(() => ({ isOverloaded: vi.fn(() => false) }));
vi.mock('../../src/runtime/overload.ts', () => overload);

test('sheds load while overloaded, with a problem that says when to come again', async () => {
  const { url, lines } = await startHttpApp(() => {});
  overload.isOverloaded.mockReturnValue(true);
  const answer = await send(`${url}/docs`);
  expect(answer.headers).toMatchObject({
    'retry-after': '1',
    'content-type': 'application/problem+json; charset=utf-8',
  });
  expect(answer.json).toMatchObject({ status: 503, detail: 'overloaded' });
  await vi.waitFor(() => expect(lines).toHaveLength(1)); // A flood must not flood the log twice.
  expect(lines[0]).toMatchObject({ msg: 'request', status: 503 });

  overload.isOverloaded.mockReturnValue(false);
  expect((await send(`${url}/docs`)).status).toBe(200);
});

test('what counts is how many requests are under way', async () => {
  const waiting: (() => void)[] = [];
  const { url } = await startHttpApp((app) => {
    app.get('/wait', () => new Promise((resolve) => waiting.push(() => resolve(null))));
  });
  overload.isOverloaded.mockClear();
  const answers = [send(`${url}/wait`), send(`${url}/wait`)];
  await vi.waitFor(() => expect(waiting).toHaveLength(2));
  for (const answer of waiting) answer();
  await Promise.all(answers);
  await vi.waitFor(async () => {
    await send(`${url}/docs`);
    expect(overload.isOverloaded).toHaveBeenLastCalledWith(0);
  });
  expect(overload.isOverloaded.mock.calls.slice(0, 2)).toEqual([[0], [1]]);
});

test('what is turned away does not count, or a crowd would keep the door shut', async () => {
  const { url } = await startHttpApp(() => {});
  overload.isOverloaded.mockReturnValue(true);
  await Promise.all([send(`${url}/docs`), send(`${url}/docs`)]);
  overload.isOverloaded.mockReturnValue(false).mockClear();
  await send(`${url}/docs`);
  expect(overload.isOverloaded).toHaveBeenCalledExactlyOnceWith(0);
});

test('a request whose client has gone is not under way any more', async () => {
  const { url, lines } = await startHttpApp((app) => {
    app.get('/never', () => new Promise<never>(() => {}));
  });
  const client = new AbortController();
  const gone = send(`${url}/never`, { signal: client.signal });
  await vi.waitFor(() => expect(overload.isOverloaded).toHaveBeenCalled());
  client.abort();
  await expect(gone).rejects.toThrow();
  await vi.waitFor(() => expect(lines).toMatchObject([{ status: 499 }]));
  await send(`${url}/docs`);
  expect(overload.isOverloaded).toHaveBeenLastCalledWith(0);
});
