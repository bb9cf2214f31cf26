import { type DestinationStream, destination, type Logger, type LoggerOptions, pino } from 'pino';
import type { PrettyOptions } from 'pino-pretty';

export type { Logger } from 'pino';

export interface LoggingOptions {
  service: string;
  level: string;
  /** Defaults to `pretty` on a terminal, else `json`. */
  format?: 'json' | 'pretty' | undefined;
}

/** Logs to standard output: JSON with levels as words and ISO 8601 times, or human-readable lines. */
export async function createLogger(options: LoggingOptions): Promise<Logger> {
  const format = options.format ?? (process.stdout.isTTY ? 'pretty' : 'json');
  return pino(pinoOptions(options), await stream(format));
}

function pinoOptions({ service, level }: LoggingOptions): LoggerOptions {
  return {
    level,
    base: { service },
    timestamp: timeField(),
    formatters: { level: (label) => ({ level: label }) },
  };
}

/** Formats each millisecond once: under load, several lines share it. */
function timeField(): () => string {
  let last = 0;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== last) {
      last = now;
      text = `,"time":"${new Date(now).toISOString()}"`;
    }
    return text;
  };
}

async function stream(format: 'json' | 'pretty'): Promise<DestinationStream> {
  if (format === 'json') return standardOutput;
  const { default: pretty } = await import('pino-pretty');
  return pretty({
    include: 'time,level,err',
    translateTime: 'HH:MM:ss.l',
    messageFormat,
    sync: true,
  });
}

/** Fields of requests and calls, which are shown without their names. */
const unnamed = [
  'http_request_method',
  'http_route',
  'http_response_status_code',
  'rpc_method',
  'rpc_status_code',
  'duration_ms',
];
/** Omitted: pino-pretty, npm start or Tilt show them already, and a span id is only useful to tools. */
const hidden = ['time', 'level', 'msg', 'service', 'err', 'span_id'];

/** The message of a request's line, then `name=value` of the other fields. */
const messageFormat: NonNullable<PrettyOptions['messageFormat']> = (
  line,
  _messageKey,
  _label,
  { colors },
) => {
  const values = unnamed
    .filter((name) => name in line)
    .map((name) => (name === 'duration_ms' ? `${line[name]} ms` : line[name]));
  const fields = Object.entries(line)
    .filter(([name]) => !hidden.includes(name) && !unnamed.includes(name))
    .map(
      ([name, value]) =>
        `${colors.gray(`${name}=`)}${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
  return [line.msg, ...values, ...fields].join(' ');
};

const flushMs = 10;
const flushBytes = 64 * 1024;
/** Maximum bytes buffered while the output is blocked: a full disk, or a pipe without a reader. */
const waitingBytes = 1024 * 1024;

/**
 * Buffers lines for up to 10 ms and writes them together, because a system call per line would cost
 * more than the rest of logging. Flushes when the process exits. Never blocks: lines beyond
 * `waitingBytes` are dropped and counted.
 */
class StandardOutput implements DestinationStream {
  readonly #lines = destination({
    fd: process.stdout.fd, // libuv makes a pipe non-blocking
    sync: true,
    retryEAGAIN: () => false, // otherwise it blocks the process
    maxLength: waitingBytes,
  });
  readonly #flush = (): void => this.flushSync();
  #pending = '';
  #closed = false;
  dropped = 0;

  constructor() {
    process.on('exit', this.#flush);
    this.#lines.on('drop', (lines: string) => this.#drop(lines));
    // Unwritten lines are retried with the next ones, unless the reader has closed the pipe.
    this.#lines.on('error', ({ code }: NodeJS.ErrnoException) => {
      this.#closed ||= code === 'EPIPE';
    });
  }

  write(line: string): void {
    if (this.#pending === '') setTimeout(this.#flush, flushMs);
    this.#pending += line;
    if (this.#pending.length > flushBytes) this.flushSync();
  }

  /** Also called by pino after a fatal line. */
  flushSync(): void {
    if (this.#pending === '') return;
    const lines = this.#pending;
    this.#pending = '';
    if (this.#closed) this.#drop(lines);
    else this.#lines.write(lines);
  }

  #drop(lines: string): void {
    this.dropped += lines.split('\n').length - 1;
  }
}

const standardOutput = new StandardOutput();

/** Number of lines dropped because standard output was blocked. */
export const linesDropped = (): number => standardOutput.dropped;

/** Rounds milliseconds to three decimals, a microsecond. */
export const roundMs = (ms: number): number => Math.round(ms * 1000) / 1000;
