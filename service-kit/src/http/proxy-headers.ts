import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { requestIdHeader } from '../runtime/request-id.ts';

/**
 * Headers of a proxied request: without hop-by-hop headers, with Via, and with X-Forwarded-* as seen
 * by this server and its trusted proxies. Values that a client set itself are dropped.
 */
export function requestHeaders(request: FastifyRequest, gateway: string): OutgoingHttpHeaders {
  const { via, ...headers } = endToEnd(request.headers);
  for (const name in headers) {
    if (name === 'forwarded' || name.startsWith('x-forwarded-')) delete headers[name];
  }
  if (!request.body) delete headers['content-length']; // the body of a GET is not read
  const hop = `${request.raw.httpVersion} ${gateway}`;
  return {
    ...headers,
    via: via ? `${via}, ${hop}` : hop, // https://www.rfc-editor.org/rfc/rfc9110#section-7.6.3
    'x-forwarded-for': (request.ips ?? [request.ip]).map(plainAddress).toReversed().join(', '),
    'x-forwarded-host': request.host,
    'x-forwarded-proto': request.protocol ?? 'http', // undefined once the client is gone
  };
}

/**
 * A server that listens on IPv6 sees an IPv4 client as ::ffff:10.0.0.1: https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2
 * A connection that its client has reset has no address: https://www.rfc-editor.org/rfc/rfc7239#section-6.2
 */
const plainAddress = (address = 'unknown'): string => address.replace(/^::ffff:(?=[\d.]+$)/i, '');

/** A response's headers for the client of this gateway, which serves `upstream` below `prefix`. */
export function responseHeaders(
  response: IncomingMessage,
  upstream: URL,
  prefix: string,
): OutgoingHttpHeaders {
  const headers = endToEnd(response.headers);
  delete headers[requestIdHeader]; // this server sets its own
  for (const name of ['location', 'content-location']) {
    const reference = headers[name];
    if (reference) headers[name] = referenceBelow(prefix, `${reference}`, upstream);
  }
  return headers;
}

/** Rewrites a reference to the upstream, and no other: RFC 9110, section 10.2.2. */
function referenceBelow(prefix: string, reference: string, upstream: URL): string {
  const target = URL.parse(reference, upstream);
  if (target?.origin !== upstream.origin) return reference;
  return prefix + target.pathname + target.search + target.hash;
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const hopByHop = new Set([
  'connection',
  'expect', // already handled by this server
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function endToEnd(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const listed = headers.connection?.toLowerCase().split(/\s*,\s*/) ?? [];
  const kept = Object.entries(headers).filter(
    ([name]) => !hopByHop.has(name) && !listed.includes(name),
  );
  return Object.fromEntries(kept);
}
