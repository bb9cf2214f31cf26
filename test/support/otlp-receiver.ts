import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { MethodDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { vi } from 'vitest';
import { atEnd } from './cleanup.ts';
import { listen } from './listen.ts';

export interface ReceivedSpan {
  /** The resource's `service.name`. */
  service: unknown;
  name: string;
  kind: string;
  traceId: string;
  spanId: string;
  /** Empty for a root span. */
  parentSpanId: string;
  attributes: Record<string, unknown>;
  status: string;
}

export interface OtlpReceiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  endpoint: string;
  spans: ReceivedSpan[];
  /** Of each request. */
  headers: IncomingHttpHeaders[];
  /** Resolves to the spans when there are this many. */
  received(count: number): Promise<ReceivedSpan[]>;
}

/** A fake collector: POST /v1/traces, OTLP over HTTP in protobuf, or over HTTPS if `tls` is given. */
export async function startOtlpReceiver(tls?: ServerOptions): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const receive: RequestListener = async (request, response) => {
    headers.push(request.headers);
    const known = request.method === 'POST' && request.url === '/v1/traces';
    const protobuf = request.headers['content-type'] === 'application/x-protobuf';
    if (!known || !protobuf) return response.writeHead(400).end();
    spans.push(...decode(await buffer(request)));
    return response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  };
  const server = tls ? createTlsServer(tls, receive) : createServer(receive);
  const url = await listen(server);
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    endpoint: tls ? url.replace('http:', 'https:') : url,
    spans,
    headers,
    received: (count) =>
      vi.waitFor(
        () => {
          if (spans.length < count) throw new Error(`received ${spans.length} of ${count} spans`);
          return spans;
        },
        { timeout: 10_000 },
      ),
  };
}

const proto = loadSync(fileURLToPath(new URL('otlp-trace.proto', import.meta.url)), {
  enums: String,
  longs: Number,
  defaults: true,
  oneofs: true,
});
const { Export } = proto['opentelemetry.proto.collector.trace.v1.TraceService'] as unknown as {
  Export: MethodDefinition<Export, unknown>;
};

interface KeyValue {
  key: string;
  value: { value: string } & Record<string, unknown>;
}
interface Export {
  resourceSpans: {
    resource: { attributes: KeyValue[] };
    scopeSpans: {
      spans: {
        name: string;
        kind: string;
        traceId: Buffer;
        spanId: Buffer;
        parentSpanId: Buffer;
        attributes: KeyValue[];
        status: { code: string } | null;
      }[];
    }[];
  }[];
}

function decode(body: Buffer): ReceivedSpan[] {
  const { resourceSpans } = Export.requestDeserialize(body);
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap((scope) =>
      scope.spans.map((span) => ({
        service: record(resource.attributes)['service.name'],
        name: span.name,
        kind: span.kind,
        traceId: span.traceId.toString('hex'),
        spanId: span.spanId.toString('hex'),
        parentSpanId: span.parentSpanId.toString('hex'),
        attributes: record(span.attributes),
        status: span.status?.code ?? 'UNSET',
      })),
    ),
  );
}

function record(attributes: KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value[value.value]]));
}
