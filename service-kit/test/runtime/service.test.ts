import { createServer } from 'node:http';
import { atEnd } from '@my-app/test-support/cleanup';
import { send } from '@my-app/test-support/http';
import { listen } from '@my-app/test-support/listen';
import { freePorts } from '@my-app/test-support/ports';
import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import Type from 'typebox';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ConfigError } from '../../src/runtime/config.ts';
import type { Server } from '../../src/runtime/server.ts';
import {
  defineService,
  type ServiceDefinition,
  type ServiceParts,
} from '../../src/runtime/service.ts';
import { commonSettings } from '../../src/runtime/settings.ts';
import { StartError } from '../../src/runtime/start-error.ts';
import { startSpan } from '../../src/runtime/tracing.ts';

const settings = Type.Object(commonSettings(0));
type Build = ServiceDefinition<(typeof settings)['properties']>['build'];

afterEach(() => {
  trace.disable(); // else the next test could not install its SDK
  vi.unstubAllEnvs();
});

test('is ready when it has started, and reports its ports', async () => {
  const { running, admin } = await start(async ({ readiness }) => {
    expect(readiness.reason).toBe('starting');
    return { servers: { http: { server: serverOf(), port: 1 } } };
  });
  expect(running.ports).toEqual({ http: 1, admin: expect.any(Number) });
  expect((await send(`${admin}/readyz`)).status).toBe(200);
});

test('an error during startup is thrown, and the admin port is free again', async () => {
  let admin = '';
  const failed = start(
    async ({ config }) => {
      admin = `http://127.0.0.1:${config.ADMIN_PORT}`;
      expect((await send(`${admin}/readyz`)).json).toEqual({ status: 'starting' });
      throw new StartError('no');
    },
    { ADMIN_PORT: `${await freePorts(1)}` },
  );
  await expect(failed).rejects.toThrow(new StartError('no'));
  await expect(send(`${admin}/livez`)).rejects.toThrow();
});

test.each([
  [
    new Error('listen EADDRINUSE: address already in use'),
    'port 7 is in use: stop the process that uses it, or choose another with GRPC_PORT',
  ],
  [new Error('listen EACCES'), 'cannot listen on 127.0.0.1:7 (HOST, GRPC_PORT): listen EACCES'],
  ['listen EACCES', 'cannot listen on 127.0.0.1:7 (HOST, GRPC_PORT): listen EACCES'],
])(
  'if a server cannot listen, others are closed, and the error names its setting: %s',
  async (reason, message) => {
    const closed: string[] = [];
    const failed = start(async () => ({
      servers: {
        http: { server: serverOf(() => closed.push('http')), port: 1 },
        grpc: { server: { ...serverOf(), listen: () => Promise.reject(reason) }, port: 7 },
      },
      close: () => void closed.push('parts'),
    }));
    await expect(failed).rejects.toThrow(new StartError(message));
    expect(closed).toEqual(['http', 'parts']);
  },
);

test.each(['1000', '1001'])(
  'a drain delay of %s ms is rejected with a shutdown timeout of 1000',
  async (delay) => {
    const failed = start(nothing, { DRAIN_DELAY_MS: delay, SHUTDOWN_TIMEOUT_MS: 1000 });
    await expect(failed).rejects.toThrow(ConfigError);
    await expect(failed).rejects.toThrow(
      `DRAIN_DELAY_MS=${delay} leaves no time for requests in flight: it must be less than SHUTDOWN_TIMEOUT_MS=1000`,
    );
  },
);

describe('stopping', () => {
  test('is not ready, waits, closes, and releases the admin port', async () => {
    const events: string[] = [];
    const started = { at: 0 };
    const { running, admin } = await start(
      async () => ({
        servers: { http: { server: serverOf(() => events.push('server')), port: 1 } },
        close: () => {
          expect(performance.now() - started.at).toBeGreaterThanOrEqual(99);
          events.push('parts');
        },
      }),
      { DRAIN_DELAY_MS: 100 },
    );
    started.at = performance.now();
    const stopped = running.stop();
    expect((await send(`${admin}/readyz`)).json).toEqual({ status: 'draining' });
    expect(events).toEqual([]);
    await stopped;
    expect(events).toEqual(['server', 'parts']);
    await expect(send(`${admin}/livez`)).rejects.toThrow();
  });

  test('does not fail if the collector rejects the traces', async () => {
    const collector = createServer((_request, response) => response.writeHead(400).end());
    await stopWith(collector);
  });

  test('does not wait for a collector that does not answer', async () => {
    const started = performance.now();
    await stopWith(createServer(() => {}));
    expect(performance.now() - started).toBeLessThan(5000);
  });

  /** Starts, records a span, and stops. */
  async function stopWith(collector: ReturnType<typeof createServer>): Promise<void> {
    const endpoint = await listen(collector);
    atEnd(() => {
      collector.close();
      collector.closeAllConnections();
    });
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint);
    const { running } = await start(nothing, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    startSpan('test', SpanKind.INTERNAL, {}, ROOT_CONTEXT).span.end();
    await running.stop();
  }
});

/** A server without a port, that reports when it is closed. */
function serverOf(onClose = () => {}): Server {
  return { listen: async (_host, port) => port, close: async () => onClose() };
}

async function nothing(): Promise<ServiceParts> {
  return { servers: {} };
}

async function start(build: Build, env: Record<string, string | number> = {}) {
  const all = { HOST: '127.0.0.1', LOG_LEVEL: 'silent', ...env };
  const texts = Object.entries(all).map(([name, value]) => [name, `${value}`]);
  const service = defineService({ name: 'test', settings, build });
  const running = await service.start(Object.fromEntries(texts));
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= running.stop();
    return stopped;
  };
  atEnd(stop);
  return { running: { ...running, stop }, admin: `http://127.0.0.1:${running.ports.admin}` };
}
