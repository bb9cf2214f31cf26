import Type from 'typebox';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Service, ServiceParts } from '../../src/runtime/service.ts';
import { commonSettings } from '../../src/runtime/settings.ts';

// test/ has the same with real processes and signals.
const settings = Type.Object(commonSettings(0));
const events = ['SIGTERM', 'SIGINT', 'SIGHUP', 'uncaughtException'] as const;

let run: typeof import('../../src/runtime/run.ts').run;
let defineService: typeof import('../../src/runtime/service.ts').defineService;
let StartError: typeof import('../../src/runtime/start-error.ts').StartError;
let exits: number[];
let out: string[];
let errors: string[];
let before: Map<string, unknown[]>;

beforeEach(async () => {
  [exits, out, errors] = [[], [], []];
  before = new Map(events.map((event) => [event, process.listeners(event as 'SIGTERM')]));
  vi.stubEnv('HOST', '127.0.0.1');
  vi.stubEnv('LOG_LEVEL', 'silent');
  vi.spyOn(process, 'exit').mockImplementation(((code: number) => exits.push(code)) as never);
  vi.spyOn(console, 'log').mockImplementation((line) => out.push(line));
  vi.spyOn(console, 'error').mockImplementation((line) => errors.push(line));
  vi.resetModules(); // signals are handled once per process
  ({ run } = await import('../../src/runtime/run.ts'));
  ({ defineService } = await import('../../src/runtime/service.ts'));
  ({ StartError } = await import('../../src/runtime/start-error.ts'));
});
afterEach(() => {
  for (const event of events) {
    for (const listener of added(event)) process.off(event, listener as () => void);
  }
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

test('--help prints the settings and starts nothing', async () => {
  const start = vi.fn();
  vi.spyOn(process, 'argv', 'get').mockReturnValue(['node', 'main.ts', '--help']);
  await run(serviceOf(start));
  expect(out.join('\n')).toMatch(
    /^test reads its settings from environment variables:\n\nVARIABLE/,
  );
  expect(out.join('\n')).toMatch(/^SHUTDOWN_TIMEOUT_MS/m);
  expect(start).not.toHaveBeenCalled();
});

test('an invalid setting is reported in one line, and the exit code is 1', async () => {
  vi.stubEnv('LOG_LEVEL', 'loud');
  await run(serviceOf(vi.fn()));
  expect(errors).toEqual([
    expect.stringMatching(/^test: LOG_LEVEL="loud" is not allowed: [^\n]+$/),
  ]);
  expect(exits).toEqual([1]);
});

test('a StartError is reported in one line, and the exit code is 1', async () => {
  await run(serviceOf(() => Promise.reject(new StartError('no certificate'))));
  expect(errors).toEqual(['test: no certificate']);
  expect(exits).toEqual([1]);
});

test('a bug during startup is thrown, with its stack', async () => {
  await expect(run(serviceOf(() => Promise.reject(new TypeError('a bug'))))).rejects.toThrow(
    new TypeError('a bug'),
  );
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s stops the service, and the exit code is 0',
  async (signal) => {
    const close = vi.fn(async () => {});
    await run(serviceOf(async () => ({ servers: {}, close })));
    emit(signal);
    await vi.waitFor(() => expect(exits).toEqual([0]));
    expect(close).toHaveBeenCalledOnce();
  },
);

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const)('a second signal, %s, exits at once with %i', async (signal, code) => {
  await run(serviceOf(neverClosed));
  emit('SIGTERM');
  expect(exits).toEqual([]);
  emit(signal);
  expect(exits).toEqual([code]);
});

test('a signal during startup exits at once', async () => {
  const starting = run(serviceOf(() => new Promise(() => {})));
  emit('SIGTERM');
  expect(exits).toEqual([143]);
  void starting;
});

test('a shutdown that times out exits with 1', async () => {
  vi.stubEnv('SHUTDOWN_TIMEOUT_MS', '100');
  await run(serviceOf(neverClosed));
  emit('SIGTERM');
  await vi.waitFor(() => expect(exits).toEqual([1]));
});

test('an uncaught exception exits with 1', async () => {
  await run(serviceOf(neverClosed));
  for (const listener of added('uncaughtException')) {
    (listener as (error: Error) => void)(new Error('a bug'));
  }
  expect(exits).toEqual([1]);
});

const neverClosed = async () => ({ servers: {}, close: () => new Promise<void>(() => {}) });

function serviceOf(build: () => Promise<ServiceParts>): Service {
  return defineService({ name: 'test', settings, build });
}

/** The listeners that this test added, without those of the test runner. */
function added(event: (typeof events)[number]): unknown[] {
  const old = before.get(event) ?? [];
  return process.listeners(event as 'SIGTERM').filter((listener) => !old.includes(listener));
}

function emit(signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP'): void {
  for (const listener of added(signal)) (listener as () => void)();
}
