import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { atEnd } from '@my-app/test-support/cleanup';
import { createName } from '@my-app/test-support/fake-dns';
import { startFakeHttp } from '@my-app/test-support/fake-http';
import { startOtlpReceiver } from '@my-app/test-support/otlp-receiver';
import { expect, test, vi } from 'vitest';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { callContext } from '../support/call-context.ts';
import { httpClient } from '../support/clients.ts';
import { startTestTracing } from '../support/tracing.ts';

interface Pod {
  requests: number;
  answer: (response: ServerResponse) => void;
}

const well = (response: ServerResponse): void => void response.end('well');

/** Pods at 127.0.0.1, .2, and so on, behind one name, and a client of them. */
async function start(count: number) {
  let port = 0;
  const pods: Pod[] = [];
  for (let n = 1; n <= count; n++) {
    const pod: Pod = { requests: 0, answer: well };
    const server = createServer((_request, response) => {
      pod.requests += 1;
      pod.answer(response);
    });
    await new Promise<void>((resolve) => server.listen(port, `127.0.0.${n}`, resolve));
    port = (server.address() as AddressInfo).port;
    atEnd(() => {
      server.close();
      server.closeAllConnections();
    });
    pods.push(pod);
  }
  const { host } = createName(...pods.map((_, i) => `127.0.0.${i + 1}`));
  const client = httpClient(`http://${host}:${port}`, { attemptTimeoutMs: 300 });
  /** The statuses of this many requests, one after the other. */
  const get = async (requests: number): Promise<Set<number | undefined>> => {
    const statuses = new Set<number | undefined>();
    for (let n = 0; n < requests; n++) {
      const response = await client.send({ method: 'GET', path: '/', headers: {} }, callContext());
      statuses.add(response.statusCode);
      await text(response);
    }
    return statuses;
  };
  return { pods, get, client };
}

test.for([
  [Number.POSITIVE_INFINITY, 'onetwo'],
  [300, undefined],
] as const)(
  'a caller with %s ms left gets a body that takes longer: %s',
  async ([leftMs, expected]) => {
    const { pods, client } = await start(1);
    (pods[0] as Pod).answer = (response) => {
      response.write('one');
      setTimeout(() => response.end('two'), 1000);
    };
    const context = callContext({ deadline: performance.now() + leftMs });
    const response = await client.send({ method: 'GET', path: '/', headers: {} }, context);
    expect(await text(response).catch(() => undefined)).toBe(expected);
  },
);

test('a request that a pod refuses with 429 is repeated', async () => {
  const { pods, get } = await start(1);
  const pod = pods[0] as Pod;
  pod.answer = (response) => {
    pod.answer = well;
    response.writeHead(429).end();
  };
  expect(await get(1)).toEqual(new Set([200]));
  expect(pod.requests).toBe(2);
});

test('requests go to all addresses of the host in turn', async () => {
  const { pods, get } = await start(3);
  await get(9);
  expect(pods.map(({ requests }) => requests)).toEqual([3, 3, 3]);
});

test.for([
  ['errors', (response: ServerResponse) => void response.writeHead(500).end()],
  ['nothing', () => {}],
] as const)(
  'one pod of three that answers with %s fails no request, and is ejected',
  async ([, answer]) => {
    const { pods, get } = await start(3);
    const [bad] = pods as [Pod];
    bad.answer = answer;
    expect(await get(100)).toEqual(new Set([200]));
    expect(bad.requests).toBeLessThan(15);
  },
);

test.each(['http', 'https'])(
  'a peer that refuses connections is unavailable: %s',
  async (scheme) => {
    const client = httpClient(`${scheme}://127.0.0.1:1`);
    const request = { method: 'GET', path: '/', headers: {} };
    await expect(client.send(request, callContext())).rejects.toMatchObject({ statusCode: 503 });
    const gone = callContext({ signal: AbortSignal.abort() });
    await expect(client.send(request, gone)).rejects.toThrow();
  },
);

test('a date in Retry-After prevents a retry', async () => {
  const { pods, get } = await start(1);
  const [pod] = pods as [Pod];
  pod.answer = (response) =>
    response.writeHead(503, { 'retry-after': new Date().toUTCString() }).end();
  await get(1).catch(() => {});
  expect(pod.requests).toBe(1);
});

test('credentials of the URL reach the peer, but neither a span nor a metric', async () => {
  const collector = await startOtlpReceiver();
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.endpoint); // the exporter reads it from there
  atEnd(() => vi.unstubAllEnvs());
  const flush = await startTestTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint });
  const peer = await startFakeHttp();
  const metrics = createMetrics();
  const client = httpClient(peer.http.replace('//', '//user:secret@'), { metrics });
  const request = { method: 'GET', path: '//other/x?token=secret', headers: {} };
  await text(await client.send(request, callContext()));
  await flush();
  expect(peer.requests[0]?.headers.authorization).toMatch(/^Basic /);
  expect(collector.spans[0]?.attributes['url.full']).toBe(`${peer.http}//other/x`);
  expect(await metrics.registry.metrics()).not.toContain('secret');
});
