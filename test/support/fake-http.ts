import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { atEnd } from './cleanup.ts';
import { listen } from './listen.ts';

export interface SeenRequest {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface FakeHttp {
  http: string;
  /** The requests so far. */
  requests: SeenRequest[];
}

/** A fake HTTP server in place of Service A, whose behavior the test defines. */
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
  const http = await listen(server);
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  return { http, requests };
}
