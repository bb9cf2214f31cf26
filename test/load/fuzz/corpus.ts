import { connect as connectHttp2 } from 'node:http2';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen } from '@my-app/test-support/listen';

const http = (line: string, headers: string[] = [], body = ''): Buffer =>
  Buffer.from([`${line} HTTP/1.1`, 'Host: a', ...headers, '', body].join('\r\n'));
const json = 'Content-Type: application/json';

/** Valid requests of Service B's API. */
export const api = [
  http('GET /ping_service_a?name=Ada', ['Accept: application/json', 'X-Request-Id: abc']),
  http('GET /service_a/greeting?name=J%C3%BCrgen', [
    'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    'X-Forwarded-For: 203.0.113.7, 10.0.0.1',
  ]),
  http('GET /docs/swagger-ui.css', ['Range: bytes=0-99', 'If-None-Match: "a"']),
  http('POST /service_a/greeting', [json, 'Content-Length: 14'], '{"name":"Ada"}'),
  http(
    'POST /service_a/x',
    [json, 'Transfer-Encoding: chunked'],
    '5\r\n{"a":\r\n2;x=y\r\n1}\r\n0\r\n\r\n',
  ),
  http('POST /service_a/x', [json, 'Expect: 100-continue', 'Content-Length: 2'], '{}'),
  http('OPTIONS *', ['Connection: keep-alive, Upgrade', 'Upgrade: h2c']),
  http('HEAD http://a/openapi.json', ['Connection: close']),
];

/** Valid requests of an admin port. */
export const admin = [
  http('GET /livez'),
  http('GET /readyz?verbose', ['User-Agent: kube-probe/1.37', 'Connection: close']),
  http('GET /metrics', [
    'Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3',
  ]),
  http('POST /faults', [json, 'Content-Length: 31'], '{"delay_ms":0,"error_rate":0.5}'),
];

/** What Node's HTTP/2 client sends first for each gRPC method, with compressed headers. */
export async function grpc(): Promise<Buffer[]> {
  const name = Buffer.from('\x00\x00\x00\x00\x05\x0a\x03Ada', 'latin1');
  const listServices = Buffer.from('\x00\x00\x00\x00\x02\x3a\x00', 'latin1');
  return [
    await firstBytes('/greeting.v1.GreetingService/Greet', name, { 'grpc-timeout': '1S' }),
    await firstBytes('/greeting.v1.GreetingService/Greet', Buffer.alloc(5), { 'a-bin': 'AAEC' }),
    await firstBytes('/grpc.health.v1.Health/Check', Buffer.alloc(5)),
    await firstBytes('/grpc.health.v1.Health/Watch', Buffer.alloc(5)),
    await firstBytes('/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', listServices),
  ];
}

async function firstBytes(
  path: string,
  body: Buffer,
  metadata: Record<string, string> = {},
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const server = createServer((socket) => socket.on('data', (chunk: Buffer) => chunks.push(chunk)));
  const session = connectHttp2(await listen(server)).on('error', () => {});
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc' };
  session
    .request({ ...headers, te: 'trailers', ...metadata })
    .on('error', () => {})
    .end(body);
  while (!Buffer.concat(chunks).includes(body)) await sleep(5);
  session.destroy();
  server.close();
  return Buffer.concat(chunks);
}
