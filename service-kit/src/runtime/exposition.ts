import { type OpenMetricsContentType, type PrometheusContentType, Registry } from 'prom-client';

/** The metrics in the format that the client accepts: OpenMetrics, with exemplars, or Prometheus' text. */
export async function expose(
  registry: Registry<OpenMetricsContentType>,
  accept = '',
): Promise<{ contentType: string; body: string }> {
  const view = new Registry<OpenMetricsContentType | PrometheusContentType>();
  if (accept.includes('application/openmetrics-text')) view.setContentType(registry.contentType);
  // prom-client renames counters when it writes OpenMetrics, so it gets objects that inherit from them.
  for (const metric of registry.getMetricsAsArray()) view.registerMetric(Object.create(metric));
  return { contentType: view.contentType, body: await view.metrics() };
}
