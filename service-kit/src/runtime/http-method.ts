/** Methods of RFC 9110 and RFC 5789. */
const known = new Set('CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE'.split(' '));

/**
 * A method as an attribute with few values: others, such as PROPFIND, are `_OTHER`.
 * https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration
 */
export const httpMethod = (method: string): string => (known.has(method) ? method : '_OTHER');
