import { buildInfo } from '../../src/runtime/build-info.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { startTracing } from '../../src/runtime/tracing.ts';
import type { TracingOptions } from '../../src/runtime/tracing-sdk.ts';
import { silent } from './logs.ts';

/** Starts tracing for a service `a` that keeps every trace. The result flushes. */
export function startTestTracing(
  options: Partial<TracingOptions> = {},
): Promise<() => Promise<void>> {
  const metrics = createMetrics();
  return startTracing({ build: buildInfo('a'), ratio: 1, logger: silent, metrics, ...options });
}
