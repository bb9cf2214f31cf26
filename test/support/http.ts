import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { atEnd } from './cleanup.ts';
import { percentile } from './load.ts';

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
 * Sends four requests, one after the other, and expects each answer at the deadline: never earlier, and in the median less than
 * 50 ms later than the answer to a request that was sent at the deadline. What delays the whole machine delays that too.
 */
export async function expectAnswersAt(
  url: string,
  deadlineMs: number,
  check: (answer: Answer) => void,
): Promise<void> {
  const late: number[] = [];
  while (late.length < 4) {
    const sent = performance.now();
    const due = sleep(deadlineMs)
      .then(() => send(new URL('/nowhere', url).href))
      .then(() => performance.now());
    check(await send(url));
    const answered = performance.now();
    expect(answered - sent).toBeGreaterThan(deadlineMs - 10);
    late.push(answered - (await due));
  }
  expect(percentile(late, 0.5)).toBeLessThan(50);
}

/** Reuses connections, like a gateway. */
export function keepAliveAgent(): Agent {
  const agent = new Agent({ keepAlive: true });
  atEnd(() => agent.destroy());
  return agent;
}
