import { Writable } from 'node:stream';
import { pino } from 'pino';
import type { Logger } from '../../src/runtime/logging.ts';

export type LogLine = { level: number; msg: string } & Record<string, unknown>;

/** Logs nothing. */
export const silent: Logger = pino({ level: 'silent' });

/** A logger whose lines a test can read. */
export function captureLogs(): { logger: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(chunk));
      done();
    },
  });
  return { logger: pino({ level: 'trace' }, stream), lines };
}
