import { type DestinationStream, destination, type Logger, type LoggerOptions, pino } from 'pino';

export type { Logger } from 'pino';

export interface LoggingOptions {
  service: string;
  level: string;
  /** `pretty` on a terminal and `json` elsewhere, unless given. */
  format?: 'json' | 'pretty' | undefined;
}

/**
 * One JSON object a line on standard output, as log collectors want it, or lines for people.
 * Levels are words and times are ISO 8601, so that a line can be read where nothing parses it.
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

/** The text for a millisecond is made once: under load, several lines share it. */
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
 * What is logged within a moment is written at once: a system call for each line would cost more
 * than all else about it. What is left when the process exits is written then.
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

  /** pino asks for it after a line at the level fatal. */
  flushSync(): void {
    if (this.#pending === '') return;
    const lines = this.#pending;
    this.#pending = '';
    this.#lines.write(lines);
  }
}

const standardOutput = new StandardOutput();

/** Milliseconds to three places, which is as fine as they mean anything. */
export const roundMs = (ms: number): number => Math.round(ms * 1000) / 1000;
