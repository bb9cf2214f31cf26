import { MIMEType } from 'node:util';
import { type OpenMetricsContentType, type PrometheusContentType, Registry } from 'prom-client';

/** The metrics in the format that the client accepts: OpenMetrics, with exemplars, or Prometheus' text. */
export async function expose(
  registry: Registry<OpenMetricsContentType>,
  accept = '',
): Promise<{ contentType: string; body: string }> {
  const view = new Registry<OpenMetricsContentType | PrometheusContentType>();
  const openMetrics = quality(accept, 'application/openmetrics-text');
  if (openMetrics > 0 && openMetrics >= quality(accept, 'text/plain')) {
    view.setContentType(registry.contentType);
  }
  // prom-client renames counters when it writes OpenMetrics, so it gets objects that inherit from them.
  for (const metric of registry.getMetricsAsArray()) view.registerMetric(Object.create(metric));
  return { contentType: view.contentType, body: await view.metrics() };
}

/** The client's quality value of a media type, 0 to 1: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1 */
function quality(accept: string, type: string): number {
  const qualities = accept.split(',').map((range) => {
    try {
      const { essence, params } = new MIMEType(range);
      return essence === type ? Number(params.get('q') ?? 1) : 0;
    } catch {
      return 0; // not a media type
    }
  });
  return Math.max(...qualities);
}
