import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
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
  const logger = await create('json');
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
  expect(messages()).toEqual(['this']);
});

test('lines logged within 10 ms are written together', async () => {
  const logger = await create('json');
  logger.info('one');
  logger.info('two');
  expect(written).toBe('');
  await vi.waitFor(() => expect(written).not.toBe(''));
  expect(fs.writeSync).toHaveBeenCalledOnce();
  expect(messages()).toEqual(['one', 'two']);
});

test('nothing is lost if the process exits within them', async () => {
  const logger = await create('json');
  logger.info('one');
  logger.fatal('two');
  expect(messages()).toEqual(['one', 'two']);
  logger.info('three');
  process.emit('exit', 1);
  expect(messages()).toEqual(['one', 'two', 'three']);
});

test('pretty is one human-readable line per request, without the service', async () => {
  const logger = await create('pretty');
  const request = {
    http_request_method: 'GET',
    http_route: '/ping',
    http_response_status_code: 200,
    duration_ms: 1.5,
  };
  logger
    .child({ request_id: '1-2', span_id: '3' })
    .info({ ...request, ports: { http: 1 } }, 'request');
  expect(stripVTControlCharacters(written)).toMatch(
    /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: request GET \/ping 200 1.5 ms request_id=1-2 ports=\{"http":1\}\n$/,
  );
});

test.each([
  [{ FORCE_COLOR: '1' }, true],
  [{ NO_COLOR: '1' }, false],
])('with %j, color is %s, in a pipe, too', (env, colored) => {
  const module = JSON.stringify(new URL('../../src/runtime/logging.ts', import.meta.url).href);
  const code = `const { createLogger } = await import(${module});
    (await createLogger({ service: 'a', level: 'info', format: 'pretty' })).info('hello');`;
  const args = ['--input-type=module', '--eval', code];
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  expect(stripVTControlCharacters(stdout)).toContain('hello');
  expect(stdout !== stripVTControlCharacters(stdout)).toBe(colored);
});

test('pretty shows the stack of an error', async () => {
  const logger = await create('pretty');
  logger.error({ err: new Error('broken') }, 'crashed');
  expect(written).toMatch(/crashed[\s\S]*Error: broken\n +at /);
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

const create = (format: 'json' | 'pretty') => createLogger({ service: 'a', level: 'info', format });

const messages = () =>
  written
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).msg);
