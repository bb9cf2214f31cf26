/** A name of OpenTelemetry's semantic conventions in the form that Prometheus accepts. */
export type PrometheusName<Name extends string> = Name extends `${infer Head}.${infer Tail}`
  ? `${Head}_${PrometheusName<Tail>}`
  : Name;

/** https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1 */
export function prometheusName<Name extends string>(name: Name): PrometheusName<Name> {
  return name.replaceAll('.', '_') as PrometheusName<Name>;
}
