import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { atEnd } from './cleanup.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The text as JSON; throws if it is not. */
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the shape it expects
  json: any;
}

export interface RequestOptions {
  method?: string;
  /** Sent unchanged instead of the URL's path, which would be normalised. */
  path?: string;
  headers?: Record<string, string | string[]>;
  body?: string;
  agent?: Agent;
  signal?: AbortSignal | undefined;
}

/** Sends one HTTP request exactly as given, on its own connection unless an agent is given. */
export function send(url: string, options: RequestOptions = {}): Promise<Answer> {
  const { body, ...rest } = options;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, rest, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          get json() {
            return JSON.parse(text);
          },
        }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/**
 * Sends four requests, one after the other. Returns how long each took, in ms: the machine may be busy during one of them, but not
 * during most.
 */
export async function fourTimes(url: string, check: (answer: Answer) => void): Promise<number[]> {
  const times: number[] = [];
  while (times.length < 4) {
    const started = performance.now();
    check(await send(url));
    times.push(performance.now() - started);
  }
  return times;
}

/** Reuses connections, like a gateway. */
export function keepAliveAgent(): Agent {
  const agent = new Agent({ keepAlive: true });
  atEnd(() => agent.destroy());
  return agent;
}
