import type { FastifyRequest } from 'fastify';
import { expect, test } from 'vitest';
import { requestHeaders } from '../../src/http/proxy-headers.ts';

test('a request whose client has reset the connection, which then has no address, is no error', () => {
  const request = { headers: {}, ips: [undefined], ip: undefined, socket: {}, raw: {} };
  const headers = requestHeaders(request as unknown as FastifyRequest, 'service-b');
  expect(JSON.stringify(headers)).toContain('unknown');
});
