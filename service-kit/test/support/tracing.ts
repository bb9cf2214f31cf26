import Type from 'typebox';
import { buildInfo } from '../../src/runtime/build-info.ts';
import { readConfig } from '../../src/runtime/config.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { otelSettings } from '../../src/runtime/otel-settings.ts';
import { startTracing } from '../../src/runtime/tracing.ts';
import type { TracingOptions } from '../../src/runtime/tracing-sdk.ts';
import { silent } from './logs.ts';

const schema = Type.Object(otelSettings);

/** Starts tracing for a service `a` with OpenTelemetry's variables in `env`. The result flushes. */
export function startTestTracing(
  env: Record<string, string> = {},
  options: Partial<TracingOptions> = {},
): Promise<() => Promise<void>> {
  const metrics = createMetrics();
  const config = readConfig(schema, env);
  return startTracing({ build: buildInfo('a'), config, logger: silent, metrics, ...options });
}
