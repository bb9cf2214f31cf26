import { setTimeout as sleep } from 'node:timers/promises';
import type { Static, TObject, TProperties } from 'typebox';
import { type AdminServer, createAdminServer } from './admin-server.ts';
import { buildInfo } from './build-info.ts';
import { ConfigError, readConfig } from './config.ts';
import { checkFiles } from './files.ts';
import { createLogger, type Logger } from './logging.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { ignoredVariables } from './otel-settings.ts';
import { addProcessMetrics } from './process-metrics.ts';
import { Readiness } from './readiness.ts';
import { listenAll, type Servers } from './server.ts';
import type { CommonConfig, CommonSettings } from './settings.ts';
import { startTracing } from './tracing.ts';

/** What the kit provides for building the parts of a service. */
interface Tools {
  logger: Logger;
  metrics: Metrics;
  readiness: Readiness;
  /** For service-specific routes on the admin port. */
  admin: Pick<AdminServer, 'add'>;
}

/** The parts of a service. */
export interface ServiceParts {
  /** The kit opens and closes them. */
  servers: Servers;
  /** Releases resources after the servers are closed. */
  close?(): void | Promise<void>;
}

/** Definition of a service: its name, settings and parts. */
export interface ServiceDefinition<Settings extends CommonSettings & TProperties> {
  name: string;
  settings: TObject<Settings>;
  build(context: Tools & { config: Static<TObject<Settings>> }): Promise<ServiceParts>;
}

/** A service that `run` or a test can start. */
export interface Service {
  name: string;
  settings: TObject;
  /**
   * Starts the service and its admin server. It is ready when this resolves.
   *
   * @throws StartError or ConfigError, with a message that describes the fix
   */
  start(env: NodeJS.ProcessEnv): Promise<RunningService>;
}

/** A service that has started. */
export interface RunningService {
  ports: Record<string, number>;
  logger: Logger;
  shutdownTimeoutMs: number;
  /** Stops gracefully: not ready, drain delay, finish in-flight requests, flush traces. */
  stop(): Promise<void>;
}

const flushTimeoutMs = 2000;

/** Creates a service from its definition. The type of `config` follows from the settings. */
export function defineService<Settings extends CommonSettings & TProperties>(
  definition: ServiceDefinition<Settings>,
): Service {
  const { name, settings, build } = definition;
  return {
    name,
    settings,
    async start(env) {
      const config = readConfig(settings, env);
      // The same values, as the settings that every service has.
      const common = readConfig<CommonSettings>(settings, env);
      checkFiles(settings, env);
      return start(name, common, ignoredVariables(env), (tools) => build({ ...tools, config }));
    },
  };
}

async function start(
  name: string,
  config: CommonConfig,
  ignored: string[],
  buildParts: (tools: Tools) => Promise<ServiceParts>,
): Promise<RunningService> {
  checkDrainTime(config);
  const logger = await createLogger({
    service: name,
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT,
  });
  if (ignored.length > 0) logger.warn({ variables: ignored }, 'ignored OpenTelemetry variables');
  const build = buildInfo(name, config.SERVICE_VERSION, config.SERVICE_REVISION);
  const metrics = createMetrics();
  const stopTracing = await startTracing({ build, config, logger, metrics });
  addProcessMetrics(metrics.registry, build);
  const readiness = new Readiness();
  const admin = createAdminServer(readiness, metrics.registry);

  const cleanup = new AsyncDisposableStack(); // runs in reverse order
  const open = async (servers: Servers): Promise<Record<string, number>> => {
    const { ports, close } = await listenAll(servers, config.HOST);
    cleanup.defer(close);
    return ports;
  };
  try {
    const adminPort = await open({ admin: { server: admin, port: config.ADMIN_PORT } });
    cleanup.defer(() => flush(stopTracing, logger));
    const parts = await buildParts({ logger, metrics, readiness, admin });
    cleanup.defer(async () => parts.close?.());
    const ports = { ...(await open(parts.servers)), ...adminPort };
    readiness.ready();
    logger.info({ ports }, 'ready');
    return { ports, logger, shutdownTimeoutMs: config.SHUTDOWN_TIMEOUT_MS, stop };
  } catch (error) {
    await cleanup.disposeAsync();
    throw error;
  }

  async function stop(): Promise<void> {
    readiness.drain();
    logger.info({ delay_ms: config.DRAIN_DELAY_MS }, 'draining');
    await sleep(config.DRAIN_DELAY_MS);
    await cleanup.disposeAsync();
    logger.info('stopped');
  }
}

/** An unavailable collector must neither delay the shutdown nor make it fail. */
async function flush(stopTracing: () => Promise<void>, logger: Logger): Promise<void> {
  const timeout = sleep(flushTimeoutMs, undefined, { ref: false });
  await Promise.race([stopTracing(), timeout]).catch((error: unknown) =>
    logger.warn({ err: error }, 'traces were not flushed'),
  );
}

function checkDrainTime({ DRAIN_DELAY_MS: delay, SHUTDOWN_TIMEOUT_MS: limit }: CommonConfig): void {
  if (delay >= limit) {
    throw new ConfigError(
      `DRAIN_DELAY_MS=${delay} leaves no time for requests in flight: it must be less than SHUTDOWN_TIMEOUT_MS=${limit}`,
    );
  }
}
