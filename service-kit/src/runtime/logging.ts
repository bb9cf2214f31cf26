import { type DestinationStream, destination, type Logger, type LoggerOptions, pino } from 'pino';

export type { Logger } from 'pino';

export interface LoggingOptions {
  service: string;
  level: string;
  /** Defaults to `pretty` on a terminal, else `json`. */
  format?: 'json' | 'pretty' | undefined;
}

/**
 * Logs one JSON object per line to standard output, or lines for people. Levels are words and times
 * are ISO 8601, so that people can read the JSON as well.
 */
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
  return pretty({ ignore: 'service', translateTime: 'HH:MM:ss.l', sync: true });
}

const flushMs = 10;

/**
 * Collects lines for a moment and writes them together, because a system call per line would cost
 * more than the rest of logging. Flushes when the process exits.
 */
class StandardOutput implements DestinationStream {
  readonly #lines = destination({ fd: 1, sync: true });
  readonly #flush = (): void => this.flushSync();
  #pending = '';

  constructor() {
    process.on('exit', this.#flush);
  }

  write(line: string): void {
    if (this.#pending === '') setTimeout(this.#flush, flushMs);
    this.#pending += line;
  }

  /** Also called by pino after a fatal line. */
  flushSync(): void {
    if (this.#pending === '') return;
    const lines = this.#pending;
    this.#pending = '';
    this.#lines.write(lines);
  }
}

const standardOutput = new StandardOutput();

/** Rounds milliseconds to three decimals, a microsecond. */
export const roundMs = (ms: number): number => Math.round(ms * 1000) / 1000;
