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
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import {
  ATTR_ERROR_TYPE,
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_NAMESPACE,
  ATTR_SERVICE_VERSION,
} from '@opentelemetry/semantic-conventions';
import type { BuildInfo } from './build-info.ts';
import { LogSampler } from './log-sampler.ts';
import type { Logger } from './logging.ts';
import type { Metrics } from './metrics.ts';

export interface TracingOptions {
  build: BuildInfo;
  /** Where spans go; without it no SDK is loaded, and trace context is still passed on. */
  endpoint?: string | undefined;
  /** The share of new traces that are kept, 0 to 1. A caller's own decision is followed. */
  ratio: number;
  logger: Logger;
  metrics: Pick<Metrics, 'spansDropped'>;
}

/**
 * Starts OpenTelemetry's SDK. The exporter reads the rest of its settings, such as headers and
 * certificates, from the standard OTEL_EXPORTER_OTLP_* variables; OTEL_RESOURCE_ATTRIBUTES adds to
 * what is said of the service. A collector that does not take the spans shows in the log and in a metric.
 */
export function startSdk({ build, ratio, logger, metrics }: TracingOptions): () => Promise<void> {
  logDiagnostics(logger);
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(
        resourceFromAttributes({
          [ATTR_SERVICE_NAME]: build.service,
          [ATTR_SERVICE_NAMESPACE]: build.namespace,
          [ATTR_SERVICE_VERSION]: build.version,
          [ATTR_SERVICE_INSTANCE_ID]: build.instance,
        }),
      )
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter(),
        selfObsMeterProvider: countDropped(metrics),
      }),
    ],
  });
  trace.setGlobalTracerProvider(provider);
  return () => provider.shutdown();
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
      const error = attributes?.[ATTR_ERROR_TYPE];
      if (error !== undefined) spansDropped.inc({ error_type: String(error) }, count);
    },
  });
  return { getMeter: () => meter };
}
