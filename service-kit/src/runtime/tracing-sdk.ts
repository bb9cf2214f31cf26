import { trace } from '@opentelemetry/api';
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
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_NAMESPACE,
  ATTR_SERVICE_VERSION,
} from '@opentelemetry/semantic-conventions';
import type { BuildInfo } from './build-info.ts';

/**
 * Starts OpenTelemetry's SDK. The exporter reads the rest of its settings, such as headers and
 * certificates, from the standard OTEL_EXPORTER_OTLP_* variables; OTEL_RESOURCE_ATTRIBUTES adds to
 * what is said of the service.
 */
export function startSdk(build: BuildInfo, ratio: number): () => Promise<void> {
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
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  trace.setGlobalTracerProvider(provider);
  return () => provider.shutdown();
}
