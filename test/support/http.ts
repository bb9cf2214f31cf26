import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
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
 * Sends four requests, one after the other. Returns how much later than the deadline each was answered, in ms, by a timer of this
 * process: what delays the whole machine delays that too. Compare the best of the four: a busy machine delays some of them, a wrong
 * deadline all.
 */
export async function latenesses(
  url: string,
  deadlineMs: number,
  check: (answer: Answer) => void,
): Promise<number[]> {
  const late: number[] = [];
  while (late.length < 4) {
    const due = sleep(deadlineMs).then(() => performance.now());
    check(await send(url));
    const answered = performance.now();
    late.push(answered - (await due));
  }
  return late;
}

/** Reuses connections, like a gateway. */
export function keepAliveAgent(): Agent {
  const agent = new Agent({ keepAlive: true });
  atEnd(() => agent.destroy());
  return agent;
}
