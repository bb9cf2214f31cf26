import { atEnd } from '@my-app/test-support/cleanup';
import { send } from '@my-app/test-support/http';
import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { createDiagnosticsServer } from '../../src/runtime/diagnostics.ts';

afterEach(() => void vi.useRealTimers());

test('a CPU profile has the samples of that time, and is logged', async () => {
  const { url, lines } = await start('error');
  const taken = send(`${url}/cpu_profile?seconds=0.3`);
  const profile = JSON.parse((await taken).text);
  expect(profile.endTime - profile.startTime).toBeGreaterThan(290_000); // microseconds
  expect(profile.samples).toHaveLength(profile.timeDeltas.length);
  expect(profile.nodes[0].callFrame.functionName).toBe('(root)');
  expect(lines).toEqual([expect.objectContaining({ msg: 'taking a CPU profile', seconds: 0.3 })]);
});

test('one profile at a time, and another once its client has left', async () => {
  const { url, lines } = await start('info');
  const client = new AbortController();
  const left = fetch(`${url}/cpu_profile?seconds=60`, { signal: client.signal });
  await vi.waitUntil(() => lines.length === 1);
  expect((await send(`${url}/cpu_profile`)).status).toBe(409);
  client.abort();
  await expect(left).rejects.toThrow('aborted');
  await vi.waitFor(async () =>
    expect((await send(`${url}/cpu_profile?seconds=0.01`)).status).toBe(200),
  );
});

test('the log level changes, and is back after ten minutes', async () => {
  const { url, logger, lines } = await start('error');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await send(`${url}/log_level/info`, { method: 'PUT' });
  vi.advanceTimersByTime(9 * 60_000);
  const { text } = await send(`${url}/log_level/debug`, { method: 'PUT' });
  expect([text.trim(), logger.level]).toEqual(['debug, and in ten minutes error', 'debug']);
  vi.advanceTimersByTime(9 * 60_000);
  expect(logger.level).toBe('debug');
  vi.advanceTimersByTime(60_000);
  expect(logger.level).toBe('error');
  expect(lines.map(({ log_level }) => log_level)).toEqual(['info', 'debug', 'error']);
});

test.each([
  ['GET', '/cpu_profile?seconds=61', 400],
  ['GET', '/cpu_profile?seconds=soon', 400],
  ['GET', '/cpu_profile?seconds=-1', 400],
  ['PUT', '/log_level/loud', 400],
  ['PUT', '/log_level', 400],
  ['POST', '/cpu_profile', 404],
  ['GET', '/log_level/debug', 404],
  ['GET', '/heap_snapshot', 404],
  ['GET', '/json/list', 404],
])('%s %s is a %d, which changes and logs nothing', async (method, path, status) => {
  const { url, logger, lines } = await start('info');
  expect((await send(`${url}${path}`, { method })).status).toBe(status);
  expect([logger.level, lines]).toEqual(['info', []]);
});

async function start(level: string) {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level }, { write: (line) => void lines.push(JSON.parse(line)) });
  const server = createDiagnosticsServer(logger);
  atEnd(() => server.close());
  return { logger, lines, url: `http://127.0.0.1:${await server.listen('127.0.0.1', 0)}` };
}
