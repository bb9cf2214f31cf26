import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { atEnd } from './cleanup.ts';

export interface SeenRequest {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface FakeHttp {
  http: string;
  /** What was asked so far. */
  requests: SeenRequest[];
}

/** An HTTP server in the place of Service A, which does what the test tells it. */
export async function startFakeHttp(
  answer: (response: ServerResponse, request: IncomingMessage) => void = (response) =>
    response.end('{}'),
): Promise<FakeHttp> {
  const requests: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    requests.push({ method, url, headers, body: await text(request) });
    answer(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  return { http: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}
