import type { TProperties } from 'typebox';
import { ConfigError, describeConfig, readConfig } from './config.ts';
import { type RunningService, type Service, startService } from './service.ts';
import type { CommonSettings } from './settings.ts';
import { StartError } from './start-error.ts';

/**
 * Runs a service as this process, from its environment variables until SIGTERM or SIGINT. Exits
 * with 0 after a clean shutdown; with 1 where it could not start, crashed, or did not finish in
 * SHUTDOWN_TIMEOUT_MS; and at once, with 128 + n, at a second signal.
 */
export async function run<Settings extends CommonSettings & TProperties>(
  service: Service<Settings>,
): Promise<void> {
  if (process.argv.includes('--help')) {
    console.log(`${service.name}: its settings are environment variables\n`);
    console.log(describeConfig(service.settings));
    return;
  }
  try {
    const config = readConfig(service.settings, process.env);
    const running = await startService(service, config);
    const limitMs = (config as { SHUTDOWN_TIMEOUT_MS: number }).SHUTDOWN_TIMEOUT_MS;
    stopOnSignal(running, limitMs);
    exitOnCrash(running);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof StartError)) throw error;
    console.error(`${service.name}: ${error.message}`);
    process.exit(1);
  }
}

function stopOnSignal(running: RunningService, limitMs: number): void {
  const signals = { SIGTERM: 15, SIGINT: 2 };
  let stopping = false;
  for (const [signal, number] of Object.entries(signals)) {
    process.on(signal, () => {
      if (stopping) process.exit(128 + number);
      stopping = true;
      setTimeout(() => {
        running.logger.fatal({ limit_ms: limitMs }, 'did not stop in time: requests were cut');
        process.exit(1);
      }, limitMs);
      void running.stop().then(() => process.exit(0));
    });
  }
}

function exitOnCrash({ logger }: RunningService): void {
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'crashed');
    process.exit(1);
  });
}
