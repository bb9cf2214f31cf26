import { setTimeout as sleep } from 'node:timers/promises';
import { setLogger as setGrpcLogger } from '@grpc/grpc-js';
import type { Static, TObject, TProperties } from 'typebox';
import { createAdminServer, listenAdmin } from './admin-server.ts';
import { ConfigError } from './config.ts';
import { createLogger, type Logger } from './logging.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { Readiness } from './readiness.ts';
import type { CommonSettings } from './settings.ts';
import { startTracing } from './tracing.ts';

/** What a service is: a name, the settings it reads, and how it starts. */
export interface Service<Settings extends CommonSettings & TProperties> {
  name: string;
  settings: TObject<Settings>;
  start(context: ServiceContext<Static<TObject<Settings>>>): Promise<ServiceParts>;
}

/** What a service is given to start with. */
export interface ServiceContext<Config> {
  config: Config;
  logger: Logger;
  metrics: Metrics;
  readiness: Readiness;
}

/** What a started service tells: where it listens, and how it finishes what is under way. */
export interface ServiceParts {
  ports: Record<string, number>;
  close(): Promise<void>;
}

export interface RunningService {
  ports: Record<string, number>;
  logger: Logger;
  /** Drains: not ready, a wait for that to get round, no new work, the old work done, all flushed. */
  stop(): Promise<void>;
}

const longestFlushMs = 2000;

/**
 * Starts a service and its admin server. It is ready when this resolves.
 *
 * @throws StartError or ConfigError, each with a message that says what to do
 */
export async function startService<Settings extends CommonSettings & TProperties>(
  service: Service<Settings>,
  config: Static<TObject<Settings>>,
): Promise<RunningService> {
  const common = config as Static<TObject<CommonSettings>>;
  checkDrainTime(common);
  const logger = await createLogger({
    service: service.name,
    level: common.LOG_LEVEL,
    format: common.LOG_FORMAT,
  });
  // What grpc-js has to say would else be text on standard error among lines of JSON.
  setGrpcLogger({ error: (message: string) => logger.warn(`grpc-js: ${message}`) });
  const stopTracing = await startTracing({
    service: service.name,
    endpoint: common.OTEL_EXPORTER_OTLP_ENDPOINT,
    ratio: common.OTEL_TRACES_SAMPLER_ARG,
  });
  // A collector that is away must make no shutdown late, or fail.
  const flushTraces = (): Promise<void> =>
    Promise.race([stopTracing(), sleep(longestFlushMs, undefined, { ref: false })]).catch(
      (error: unknown) => logger.warn({ err: error }, 'traces were not flushed'),
    );
  const metrics = createMetrics();
  const readiness = new Readiness();
  const admin = createAdminServer(readiness, metrics.registry);
  const adminPort = await listenAdmin(admin, common.HOST, common.ADMIN_PORT);
  const parts = await service
    .start({ config, logger, metrics, readiness })
    .catch(async (error: unknown) => {
      admin.close();
      await flushTraces();
      throw error;
    });
  const ports = { ...parts.ports, admin: adminPort };
  readiness.ready();
  logger.info({ ports }, 'ready');

  async function stop(): Promise<void> {
    readiness.drain();
    logger.info({ delay_ms: common.DRAIN_DELAY_MS }, 'draining');
    await sleep(common.DRAIN_DELAY_MS);
    await parts.close();
    await flushTraces();
    admin.close();
    admin.closeAllConnections();
    logger.info('stopped');
  }

  return { ports, logger, stop };
}

function checkDrainTime(config: Static<TObject<CommonSettings>>): void {
  const { DRAIN_DELAY_MS: delay, SHUTDOWN_TIMEOUT_MS: limit } = config;
  if (delay >= limit) {
    throw new ConfigError(
      `DRAIN_DELAY_MS=${delay} leaves no time to finish: it must be less than SHUTDOWN_TIMEOUT_MS=${limit}`,
    );
  }
}
