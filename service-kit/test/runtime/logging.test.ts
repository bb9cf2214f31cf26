import fs from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLogger, roundMs } from '../../src/runtime/logging.ts';

let written = '';
beforeEach(() => {
  written = '';
  const keep = (_fd: number, data: string | NodeJS.ArrayBufferView) => {
    written += data;
    return Buffer.byteLength(`${data}`);
  };
  vi.spyOn(fs, 'writeSync').mockImplementation(keep as typeof fs.writeSync);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test('a line is one JSON object, with the level as a word and the time as ISO 8601', async () => {
  const logger = await createLogger({ service: 'a', level: 'info', format: 'json' });
  logger.warn({ peer: 'b' }, 'two\nlines');
  await vi.waitFor(() => expect(written).not.toBe(''));
  expect(written).toMatch(/^[^\n]+\n$/);
  const { time, ...line } = JSON.parse(written);
  expect(line).toEqual({ level: 'warn', service: 'a', peer: 'b', msg: 'two\nlines' });
  expect(new Date(time).toISOString()).toBe(time);
});

test('lines below the level are not written', async () => {
  const logger = await createLogger({ service: 'a', level: 'warn', format: 'json' });
  logger.info('not this');
  logger.error('this');
  await vi.waitFor(() => expect(written).not.toBe(''));
  expect(written.trim().split('\n').map(messageOf)).toEqual(['this']);
});

test('lines logged within a moment are written together', async () => {
  const logger = await createLogger({ service: 'a', level: 'info', format: 'json' });
  logger.info('one');
  logger.info('two');
  expect(written).toBe('');
  await vi.waitFor(() => expect(written).not.toBe(''));
  expect(fs.writeSync).toHaveBeenCalledOnce();
  expect(written.trim().split('\n').map(messageOf)).toEqual(['one', 'two']);
});

test('nothing is lost if the process exits within that moment', async () => {
  const logger = await createLogger({ service: 'a', level: 'info', format: 'json' });
  logger.info('one');
  logger.fatal('two');
  expect(written.trim().split('\n').map(messageOf)).toEqual(['one', 'two']);
  logger.info('three');
  process.emit('exit', 1);
  expect(written.trim().split('\n').map(messageOf)).toEqual(['one', 'two', 'three']);
});

test('pretty is a line for people', async () => {
  const logger = await createLogger({ service: 'a', level: 'info', format: 'pretty' });
  logger.info('hello');
  expect(written).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] .*INFO.*: .*hello/);
  expect(written).not.toContain('"msg"');
});

test.each([
  [true, 'pretty', /^\[/],
  [false, 'json', /^\{/],
])('where "is a terminal" is %s, it is %s', async (isTTY, _format, start) => {
  vi.spyOn(process, 'stdout', 'get').mockReturnValue({ ...process.stdout, isTTY } as never);
  const logger = await createLogger({ service: 'a', level: 'info' });
  logger.info('hello');
  await vi.waitFor(() => expect(written).not.toBe(''));
  expect(written).toMatch(start);
});

test('durations have three decimals', () => {
  expect(roundMs(1.23456789)).toBe(1.235);
});

const messageOf = (line: string): string => JSON.parse(line).msg;
