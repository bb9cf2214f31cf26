import { once } from 'node:events';
import { createServer, get, type ServerResponse } from 'node:http';
import { atEnd } from '@my-app/test-support/cleanup';
import { type Answer, expectAnswersAt, send } from '@my-app/test-support/http';
import { listen } from '@my-app/test-support/listen';
import { metric } from '@my-app/test-support/metrics';
import { patientEnv, startServiceB } from '@my-app/test-support/services';
import { expect, test, vi } from 'vitest';
import { grpc, startProxy } from './support/proxy.ts';

const httpClientCount = 'http_client_request_duration_seconds_count';

function expectProblem(answer: Answer, status: number, detail: string): void {
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(answer.json).toMatchObject({
    status,
    detail,
    request_id: answer.headers['x-request-id'],
  });
  expect(answer.status).toBe(status);
}

async function nobody(): Promise<string> {
  const server = createServer();
  const url = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return url;
}

const unavailable = 'upstream is unavailable';

test('503 if Service A is down, and soon without an attempt', async () => {
  const b = await startServiceB({ http: await nobody(), grpc });
  const ask = () => send(`${b.http}/service_a/greeting`);
  for (let calls = 0; calls < 8; calls++) {
    const answer = await ask();
    expectProblem(answer, 503, unavailable);
    expect(answer.headers['retry-after']).toBe('1');
  }
  const attempts = await metric(b.admin, httpClientCount, { error_type: 'unreachable' });
  expect(attempts).toBe(3 * 5); // the circuit opened
  const open = { name: 'service-a-http', state: 'open' };
  expect(await metric(b.admin, 'circuit_breaker_state', open)).toBe(1);
});

test('503 if the host name does not resolve', async () => {
  const b = await startServiceB({ http: 'http://service-a.invalid:8011', grpc });
  expectProblem(await send(`${b.http}/service_a/greeting`), 503, unavailable);
});

test('a request on a kept connection that Service A resets is repeated if it is safe', async () => {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    if (requests % 2 === 0) request.socket.resetAndDestroy();
    else response.end('here');
  });
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  const b = await startServiceB({ http: await listen(server), grpc });
  const ask = async (method: string) => (await send(`${b.http}/service_a/x`, { method })).status;
  expect([await ask('GET'), await ask('GET')]).toEqual([200, 200]);
  expect(requests).toBe(3);
  expect([await ask('POST'), await ask('POST')]).toEqual([503, 200]);
});

test('504 if Service A is slow, at most 50 ms after the deadline', async () => {
  const { b } = await startProxy(() => {}, { SERVICE_A_DEADLINE_MS: 300 });
  await expectAnswersAt(`${b.http}/service_a/greeting`, 300, (answer) => {
    expectProblem(answer, 504, 'upstream timed out');
  });
  expect(await metric(b.admin, httpClientCount, { error_type: 'timed_out' })).toBe(4);
});

test('a client that disconnects cancels its request to Service A, and counts as 499', async () => {
  const arrived = Promise.withResolvers<ServerResponse>();
  const { b } = await startProxy((response) => arrived.resolve(response), patientEnv);
  const client = new AbortController();
  const answer = send(`${b.http}/service_a/greeting`, { signal: client.signal });
  const response = await arrived.promise;
  const cancelled = once(response, 'close');
  client.abort();
  await expect(answer).rejects.toThrow();
  await cancelled;
  const answered = 'http_server_request_duration_seconds_count';
  await vi.waitFor(async () => {
    expect(await metric(b.admin, httpClientCount, { error_type: 'canceled' })).toBe(1);
    expect(await metric(b.admin, answered, { http_response_status_code: 499 })).toBe(1);
  });
  expect(await metric(b.admin, 'http_server_active_requests')).toBe(0);
});

test('a truncated response is not passed on as a complete one', async () => {
  const { b } = await startProxy((response) => response.write('{"message":'), {
    SERVICE_A_DEADLINE_MS: 1000,
  });
  await expect(send(`${b.http}/service_a/greeting`)).rejects.toThrow('aborted');
});

test('an overloaded Service A gets one request, and its 503 is passed on', async () => {
  const { a, b } = await startProxy((response) =>
    response
      .writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '7' })
      .end('{"title":"mine"}'),
  );
  const answer = await send(`${b.http}/service_a/greeting`);
  expect([answer.status, answer.text]).toEqual([503, '{"title":"mine"}']);
  expect(answer.headers['retry-after']).toBe('7');
  expect(a.requests).toHaveLength(1);
});

test.for([
  ['GET', 3, 200],
  ['HEAD', 3, 200],
  ['OPTIONS', 3, 200],
  ['POST', 1, 503],
  ['PUT', 1, 503],
  ['DELETE', 1, 503],
] as const)('%s is sent %i times if Service A fails twice', async ([method, sent, status]) => {
  const { a, b } = await startProxy((response) =>
    response.writeHead(a.requests.length < 3 ? 503 : 200).end(),
  );
  const answer = await send(`${b.http}/service_a/greeting`, { method });
  expect(answer.status).toBe(status);
  expect(a.requests).toHaveLength(sent);
});

test('a slow reader of a large response is not cut', { timeout: 30_000 }, async () => {
  const size = 8 * 1024 * 1024;
  const { b } = await startProxy((response) => response.end(Buffer.alloc(size)), {
    SERVICE_A_DEADLINE_MS: 200,
  });
  const { promise, resolve } = Promise.withResolvers<number>();
  get(`${b.http}/service_a/large`, async (response) => {
    response.once('readable', () => {}); // fills the buffers, and then takes nothing
    await once(response, 'readable');
    setTimeout(() => {
      let received = 0;
      response.on('data', (chunk) => {
        received += chunk.length;
      });
      response.on('close', () => resolve(received));
    }, 1000);
  });
  expect(await promise).toBe(size);
});
