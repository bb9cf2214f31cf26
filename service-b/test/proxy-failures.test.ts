import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { atEnd } from '@my-app/test-support/cleanup';
import { startFakeHttp } from '@my-app/test-support/fake-http';
import { type Answer, expectAnswersAt, send } from '@my-app/test-support/http';
import { listen } from '@my-app/test-support/listen';
import { metric } from '@my-app/test-support/metrics';
import { patientEnv, startServiceB } from '@my-app/test-support/services';
import { expect, test, vi } from 'vitest';

const grpc = '127.0.0.1:1'; // not used here
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

test('502 if Service A is down', async () => {
  const b = await startServiceB({ http: await nobody(), grpc });
  const answer = await send(`${b.http}/service_a/greeting`);
  expectProblem(answer, 502, 'Service A cannot be reached');
  expect(answer.headers['retry-after']).toBe('1');
  expect(await metric(b.admin, httpClientCount, { error_type: 'ECONNREFUSED' })).toBe(1);
});

test('a refused connection is retried once', async () => {
  const url = await nobody();
  const b = await startServiceB({ http: url, grpc });
  const late = createServer((_request, response) => response.end('here'));
  const listenNow = () => late.listen(Number(new URL(url).port), '127.0.0.1');
  subscribe('undici:client:connectError', listenNow);
  atEnd(() => {
    unsubscribe('undici:client:connectError', listenNow);
    late.close();
    late.closeAllConnections();
  });
  const answer = await send(`${b.http}/service_a/greeting`);
  expect([answer.status, answer.text]).toEqual([200, 'here']);
});

test('502 if the host name does not resolve', async () => {
  const b = await startServiceB({ http: 'http://service-a.invalid:8011', grpc });
  expectProblem(await send(`${b.http}/service_a/greeting`), 502, 'Service A cannot be reached');
});

test('502 if Service A sends an invalid status', async () => {
  const a = await startFakeHttp((response) => response.writeHead(999).end('{}'));
  const b = await startServiceB({ ...a, grpc });
  expectProblem(await send(`${b.http}/service_a/greeting`), 502, 'Service A cannot be reached');
  expect(await metric(b.admin, httpClientCount)).toBe(1);
});

test('504 if Service A is slow, at most 50 ms after the deadline', async () => {
  const a = await startFakeHttp(() => {});
  const b = await startServiceB({ ...a, grpc }, { SERVICE_A_DEADLINE_MS: 300 });
  await expectAnswersAt(`${b.http}/service_a/greeting`, 300, (answer) => {
    expectProblem(answer, 504, 'Service A did not answer in time');
  });
  expect(a.requests).toHaveLength(4);
  expect(await metric(b.admin, httpClientCount, { error_type: 'DEADLINE_EXCEEDED' })).toBe(4);
});

test('a client that disconnects cancels its request to Service A', async () => {
  const arrived = Promise.withResolvers<ServerResponse>();
  const a = await startFakeHttp((response) => arrived.resolve(response));
  const b = await startServiceB({ ...a, grpc }, patientEnv);
  const client = new AbortController();
  const answer = send(`${b.http}/service_a/greeting`, { signal: client.signal });
  const response = await arrived.promise;
  const cancelled = once(response, 'close');
  client.abort();
  await expect(answer).rejects.toThrow();
  await cancelled;
  await vi.waitFor(async () =>
    expect(await metric(b.admin, httpClientCount, { error_type: 'CANCELLED' })).toBe(1),
  );
});

test('a truncated response is not passed on as a complete one', async () => {
  const a = await startFakeHttp((response) => response.write('{"message":'));
  const b = await startServiceB({ ...a, grpc }, { SERVICE_A_DEADLINE_MS: 1000 });
  await expect(send(`${b.http}/service_a/greeting`)).rejects.toThrow('aborted');
});

test('an overloaded Service A gets one request, and its 503 is passed on', async () => {
  const a = await startFakeHttp((response) =>
    response
      .writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '7' })
      .end('{"title":"mine"}'),
  );
  const b = await startServiceB({ ...a, grpc });
  const answer = await send(`${b.http}/service_a/greeting`);
  expect([answer.status, answer.text]).toEqual([503, '{"title":"mine"}']);
  expect(answer.headers['retry-after']).toBe('7');
  expect(a.requests).toHaveLength(1);
});

test('a broken connection is retried once for GET and never for POST', async () => {
  const a = await startFakeHttp((_response, request) => request.socket.end());
  const b = await startServiceB({ ...a, grpc });
  const url = `${b.http}/service_a/greeting`;
  expectProblem(await send(url), 502, 'Service A cannot be reached');
  expect(a.requests.length).toBeLessThanOrEqual(2);

  a.requests.length = 0;
  expectProblem(await send(url, { method: 'POST', body: 'x' }), 502, 'Service A cannot be reached');
  expect(a.requests).toHaveLength(1);
});
