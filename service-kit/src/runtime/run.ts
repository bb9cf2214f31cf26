import { ConfigError, describeConfig, misspelled } from './config.ts';
import type { RunningService, Service } from './service.ts';
import { handleSignals, onStopSignal } from './signals.ts';
import { StartError } from './start-error.ts';

/**
 * Runs a service as this process, configured by environment variables, until SIGTERM, SIGINT or
 * SIGHUP. The exit code is 0 after a graceful shutdown, 1 if the service could not start, crashed, or did
 * not stop within SHUTDOWN_TIMEOUT_MS, and 128 + n, at once, on a second signal, or on one during startup.
 */
export async function run(service: Service): Promise<void> {
  if (process.argv.includes('--help')) {
    console.log(`${service.name} reads its settings from environment variables:\n`);
    console.log(describeConfig(service.settings));
    return;
  }
  handleSignals();
  for (const [name, meant] of misspelled(Object.keys(service.settings.properties), process.env)) {
    console.warn(`${service.name}: ${name} is not a setting: did you mean ${meant}?`);
  }
  try {
    const running = await service.start(process.env);
    stopOnSignal(running);
    exitOnCrash(running);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof StartError)) throw error;
    console.error(`${service.name}: ${error.message}`);
    process.exit(1);
  }
}

function stopOnSignal({ logger, shutdownTimeoutMs, stop }: RunningService): void {
  onStopSignal(() => {
    setTimeout(() => {
      logger.fatal(
        { limit_ms: shutdownTimeoutMs },
        'shutdown timed out: in-flight requests were aborted',
      );
      process.exit(1);
    }, shutdownTimeoutMs);
    void stop().then(() => process.exit(0));
  });
}

function exitOnCrash({ logger }: RunningService): void {
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'crashed');
    process.exit(1);
  });
}
