import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type HttpOptions, vegetaOptions } from './load.ts';

const execute = promisify(execFile);

/** What the client got for one request. */
export interface Answer {
  /** 0 without an answer. */
  status: number;
  retryAfter: boolean;
  /** From the request, connecting included, to the last byte, in ms. */
  ms: number;
  /** When the answer was complete, in ms since the first request. */
  at: number;
}

/** Sends GET requests as `http` does, and resolves to a line for each: its answer is parsed later, not under load. */
export async function attack(url: string, options: HttpOptions): Promise<string[]> {
  const pipe = 'vegeta attack "$@" | vegeta encode -to=csv';
  const args = ['-c', pipe, 'sh', ...vegetaOptions(options)];
  const running = execute('sh', args, { maxBuffer: 2 ** 30 });
  running.child.stdin?.end(`GET ${url}\n`);
  return (await running).stdout.trimEnd().split('\n');
}

/** https://github.com/tsenart/vegeta#encode-command: the columns 1 to 3 are time, status and latency, the last has the headers. */
export function parse(lines: string[]): Answer[] {
  const parsed = lines.map((line) => {
    const [time = '', status, nanoseconds] = line.split(',', 3);
    const headers = Buffer.from(line.slice(line.lastIndexOf(',') + 1), 'base64').toString('latin1');
    const ms = Number(nanoseconds) / 1e6;
    return {
      status: Number(status),
      retryAfter: /^retry-after:/im.test(headers),
      ms,
      at: Number(BigInt(time) / 1000n) / 1000 + ms,
    };
  });
  const first = parsed.reduce((least, { at, ms }) => Math.min(least, at - ms), Infinity);
  return parsed.map((answer) => ({ ...answer, at: answer.at - first }));
}

/** The latency that a share of the answers did not exceed, in ms. */
export function percentile(answers: { ms: number }[], share: number): number {
  const sorted = answers.map(({ ms }) => ms).toSorted((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
}
