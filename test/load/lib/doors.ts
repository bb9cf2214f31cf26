import { type Attack, abandon, type Raw, raw, type Streams, streams } from './attack.ts';
import type { Kind } from './honest.ts';
import type { Settings } from './pods.ts';

export interface Door {
  /** The service whose memory is measured, and the port that honest callers use. */
  service: 'a' | 'b';
  honest: Kind;
  attack: Attack;
  settings?: Settings;
}

const request = (method: string, path: string, headers = ''): string =>
  `${method} ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;
const json = 'Content-Type: application/json\r\n';

const stalled = Buffer.alloc(16_388);
stalled.writeUInt32BE(16_384, 1); // the length of a message whose last byte never arrives
const question = Buffer.from('\x00\x00\x00\x00\x17\x22\x15google.rpc.BadRequest');
/** GreetEachRequest with 5000 names, 15,000 bytes, whose answers have 170 KiB. */
const manyNames = Buffer.from(`\x00\x00\x00\x3a\x98${'\x0a\x01A'.repeat(5000)}`, 'latin1');
const css = request('GET', '/docs/swagger-ui.css');

const http = (attack: Omit<Raw, 'port'>): Door => ({
  service: 'b',
  honest: 'ping',
  attack: raw({ port: 'httpB', ...attack }),
});
const admin = (attack: Omit<Raw, 'port'>): Door => ({
  service: 'b',
  honest: 'livez',
  attack: raw({ port: 'adminB', ...attack }),
});
const grpc = (attack: Attack): Door => ({ service: 'a', honest: 'greet', attack });
const calls = (attack: Streams): Door => grpc(streams(attack));

/** Every way in, by name: docs/limits.md has what is promised, and the figures. */
export const doors: Record<string, Door> = {
  'HTTP: silent connections': http({ connections: 3000, first: '' }),
  'HTTP: unfinished headers': http({
    connections: 2500,
    first: `GET / HTTP/1.1\r\nA: ${'x'.repeat(8000)}`,
  }),
  'HTTP: headers byte by byte': http({
    connections: 500,
    first: 'GET / HTTP/1.1\r\nA: ',
    more: 'x',
    pause: 5,
  }),
  'HTTP: bodies that stop': http({
    connections: 2500,
    first: request('POST', '/service_a/x', `${json}Content-Length: 65536\r\n`) + ' '.repeat(65_535),
  }),
  'HTTP: chunks of one byte': http({
    connections: 100,
    first: request('POST', '/service_a/x', `${json}Transfer-Encoding: chunked\r\n`),
    more: '1\r\n \r\n'.repeat(500),
    pause: 20,
  }),
  'HTTP: bodies of a 404': http({
    connections: 20,
    first: request('POST', '/none', 'Content-Length: 1000000000000\r\n'),
    more: Buffer.alloc(65_536),
  }),
  'HTTP: pipelined requests': http({
    connections: 50,
    first: request('GET', '/ping_service_a').repeat(2000),
    reads: true,
  }),
  'HTTP: pipelined files, not read': http({ connections: 64, first: css.repeat(32) }),
  'HTTP: files that are not read': http({
    connections: 500,
    first: request('GET', '/docs/swagger-ui-bundle.js'),
  }),
  'HTTP: rare methods': http({
    connections: 20,
    first: request('PROPFIND', '/none', 'Connection: close\r\n'),
    reads: true,
  }),
  // Service A takes its time, so that each call is in flight when its caller leaves.
  'HTTP: 960 pings a second that are abandoned': {
    service: 'b',
    honest: 'ping',
    settings: { a: { FAULT_DELAY_MS: '50' } },
    attack: abandon('httpB', request('GET', '/ping_service_a'), 960),
  },
  'admin: pipelined probes': admin({
    connections: 50,
    first: request('GET', '/livez').repeat(5000),
  }),
  'admin: metrics that are not read': admin({
    connections: 700,
    first: request('GET', '/metrics'),
  }),
  'admin: connections that were answered': admin({
    connections: 700,
    first: request('GET', '/livez'),
  }),
  'gRPC: silent connections': grpc(raw({ port: 'grpcA', connections: 700, first: '' })),
  'gRPC: messages that stop': calls({
    path: '/greeting.v1.GreetingService/Greet',
    body: stalled,
    sessions: 6,
    streams: 256,
  }),
  'gRPC: reflection that is not read': calls({
    path: '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    body: Buffer.concat(Array(4000).fill(question)),
    sessions: 1,
    streams: 40,
  }),
  'gRPC: streams that are not read': calls({
    path: '/greeting.v1.GreetingService/GreetEach',
    body: manyNames,
    sessions: 2,
    streams: 256,
    ends: true,
  }),
  'gRPC: health watches': calls({
    path: '/grpc.health.v1.Health/Watch',
    body: Buffer.alloc(5),
    sessions: 4,
    streams: 256,
  }),
};
