import { MIMEType } from 'node:util';
import { type OpenMetricsContentType, type PrometheusContentType, Registry } from 'prom-client';

/** The metrics in the format that the client accepts: OpenMetrics, with exemplars, or Prometheus' text. */
export async function expose(
  registry: Registry<OpenMetricsContentType>,
  accept = '',
): Promise<{ contentType: string; body: string }> {
  const view = new Registry<OpenMetricsContentType | PrometheusContentType>();
  const openMetrics = quality(accept, ['application/openmetrics-text']);
  if (openMetrics > 0 && openMetrics >= quality(accept, ['text/plain', 'text/*', '*/*'])) {
    view.setContentType(registry.contentType);
  }
  // prom-client renames counters when it writes OpenMetrics, so it gets objects that inherit from them.
  for (const metric of registry.getMetricsAsArray()) view.registerMetric(Object.create(metric));
  return { contentType: view.contentType, body: await view.metrics() };
}

/** The client's quality value, 0 to 1, of the first of these ranges that it names: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1 */
function quality(accept: string, ranges: string[]): number {
  const named = accept.split(',').flatMap((range) => {
    try {
      return [new MIMEType(range)];
    } catch {
      return []; // not a media type
    }
  });
  const most = ranges.find((range) => named.some(({ essence }) => essence === range));
  const matching = named.filter(({ essence }) => essence === most);
  return Math.max(0, ...matching.map(({ params }) => Number(params.get('q') ?? 1)));
}
