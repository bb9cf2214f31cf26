import { createNoopMeter, DiagLogLevel, diag, type MeterProvider, trace } from '@opentelemetry/api';
import { setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { BuildInfo } from './build-info.ts';
import { LogSampler } from './log-sampler.ts';
import type { Logger } from './logging.ts';
import type { Metrics } from './metrics.ts';
import type { OtelConfig } from './otel-settings.ts';

export interface TracingOptions {
  build: BuildInfo;
  config: OtelConfig;
  logger: Logger;
  metrics: Pick<Metrics, 'spansDropped'>;
}

/**
 * Starts OpenTelemetry's SDK. The exporter reads its settings from OTEL_EXPORTER_OTLP_* itself, as does the
 * detector of the resource. A collector that does not take the spans shows in the log and in a metric.
 */
export function startSdk({ build, config, logger, metrics }: TracingOptions): () => Promise<void> {
  logDiagnostics(logger);
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(
        resourceFromAttributes({
          'service.name': build.service,
          'service.namespace': build.namespace,
          'service.version': build.version,
          'service.instance.id': build.instance,
        }),
      )
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: samplerOf(config),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter(),
        scheduledDelayMillis: config.OTEL_BSP_SCHEDULE_DELAY,
        exportTimeoutMillis: config.OTEL_BSP_EXPORT_TIMEOUT,
        maxQueueSize: config.OTEL_BSP_MAX_QUEUE_SIZE,
        maxExportBatchSize: config.OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
        selfObsMeterProvider: countDropped(metrics),
      }),
    ],
  });
  trace.setGlobalTracerProvider(provider);
  return () => provider.shutdown();
}

function samplerOf({
  OTEL_TRACES_SAMPLER: name,
  OTEL_TRACES_SAMPLER_ARG: ratio,
}: OtelConfig): Sampler {
  const root = rootSampler(name.replace('parentbased_', ''), ratio);
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

function rootSampler(name: string, ratio: number): Sampler {
  if (name === 'always_on') return new AlwaysOnSampler();
  if (name === 'always_off') return new AlwaysOffSampler();
  return new TraceIdRatioBasedSampler(ratio);
}

/** What OpenTelemetry has to say of itself, one line a second at most. */
function logDiagnostics(logger: Logger): void {
  const sampler = new LogSampler(1);
  const log = (diagnostic: string): void => {
    const sample = sampler.next();
    if (sample) logger.warn({ diagnostic, ...sample }, 'OpenTelemetry');
  };
  const silent = (): void => {};
  const levels = { error: log, warn: log, info: silent, debug: silent, verbose: silent };
  diag.setLogger(levels, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  setGlobalErrorHandler((error) => log(error instanceof Error ? error.message : String(error)));
}

/** Takes from the processor's own metrics the spans that it lost: otel.sdk.processor.span.processed with an error. */
function countDropped({ spansDropped }: Pick<Metrics, 'spansDropped'>): MeterProvider {
  const meter = createNoopMeter();
  meter.createCounter = () => ({
    add(count, attributes) {
      const error = attributes?.['error.type'];
      if (error !== undefined) spansDropped.inc({ error_type: String(error) }, count);
    },
  });
  return { getMeter: () => meter };
}
