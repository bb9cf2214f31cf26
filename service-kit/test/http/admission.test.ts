import { send } from '@my-app/test-support/http';
import { expect, test, vi } from 'vitest';
import { startHttpApp } from '../support/http-app.ts';

/** A server with requests in flight that end when told. */
async function startBusy(requests: number) {
  const waiting: (() => void)[] = [];
  const started = await startHttpApp((app) => {
    app.get('/wait', () => new Promise((resolve) => waiting.push(() => resolve({}))));
  });
  const clients = Array.from({ length: requests }, () => {
    const client = new AbortController();
    const answer = send(`${started.url}/wait`, { signal: client.signal }).catch(() => undefined);
    return { client, answer };
  });
  await vi.waitFor(() => expect(waiting).toHaveLength(requests), 20_000);
  return { ...started, clients, waiting };
}

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('an overloaded server rejects requests with Retry-After, and logs one line', async () => {
  const { url, lines, waiting, clients } = await startBusy(501);
  lines.length = 0;
  const rejected = send(`${url}/docs`);
  await new Promise((resolve) => setImmediate(resolve));
  block(400);
  const answer = await rejected;
  expect(answer.headers).toMatchObject({
    'retry-after': '1',
    'content-type': 'application/problem+json; charset=utf-8',
  });
  expect(answer.json).toMatchObject({ status: 503, detail: 'overloaded' });
  await vi.waitFor(() => expect(lines).toHaveLength(1)); // a flood must not flood the log twice
  expect(lines[0]).toMatchObject({ msg: 'request', http_response_status_code: 503 });
  for (const answered of waiting) answered();
  await Promise.all(clients.map(({ answer }) => answer));
  expect((await send(`${url}/docs`)).status).toBe(200);
});

test('a request whose client has disconnected is no longer in flight', async () => {
  const { app, clients, lines, waiting } = await startBusy(2);
  expect(app.connections.inFlight).toBe(2);
  clients[0]?.client.abort();
  await vi.waitFor(() => expect(lines).toMatchObject([{ http_response_status_code: 499 }]));
  expect(app.connections.inFlight).toBe(1);
  for (const answered of waiting) answered();
});
