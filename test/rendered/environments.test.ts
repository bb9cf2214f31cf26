import { expect, test } from 'vitest';
import { services } from '../../tools/services.ts';
import { type Manifest, podsOf, renderReleased } from './render.ts';

const environments = ['staging', 'production'];
const rendered = new Map(
  environments.map((name) => [name, renderReleased(`environments/${name}.yaml`)]),
);
const of = (name: string, kind: string): Manifest[] =>
  (rendered.get(name) ?? []).filter((object) => object.kind === kind);

test.each(environments)('%s is scraped, has alerts and sends them', (name) => {
  expect(of(name, 'PodMonitor')).toHaveLength(services.length);
  // One for each service, and the dead-man's switch.
  expect(of(name, 'PrometheusRule').length).toBeGreaterThanOrEqual(services.length);
  expect(of(name, 'AlertmanagerConfig')).toHaveLength(1);
});

test.each(environments)('%s traces and encrypts', (name) => {
  for (const { containers } of podsOf(of(name, 'Rollout'))) {
    const variables = containers[0].env.map((variable: { name: string }) => variable.name);
    expect(variables).toContain('OTEL_EXPORTER_OTLP_ENDPOINT');
    expect(variables).toContain('GRPC_TLS_CERT_FILE');
  }
  expect(of(name, 'Certificate').map(({ metadata }) => metadata.name)).toEqual(
    expect.arrayContaining(services.map((service) => `my-app-${service}`)),
  );
});

test('dashboards are created once for the Grafana that both environments share', () => {
  const dashboards = environments.map((name) => of(name, 'ConfigMap').length);
  expect(dashboards).toEqual([0, 3]);
});

test.each(environments)("%s's analysis asks the operator's Prometheus", (name) => {
  const metrics = of(name, 'AnalysisTemplate').flatMap(({ spec }) => spec.metrics);
  expect(metrics).toHaveLength(2 * services.length);
  for (const { provider } of metrics) {
    expect(provider.prometheus.address).toBe('http://prometheus-operated.monitoring:9090');
  }
});

test.each(environments)(
  "%s's analysis takes enough measurements to abort before the end",
  (name) => {
    for (const { spec } of of(name, 'Rollout')) {
      const [template] = of(name, 'AnalysisTemplate');
      const pauses = spec.strategy.canary.steps.map(({ pause }: { pause?: { duration: string } }) =>
        seconds(pause?.duration ?? '0s'),
      );
      const total = pauses.reduce((sum: number, pause: number) => sum + pause, 0);
      for (const { interval, initialDelay, failureLimit } of template.spec.metrics) {
        const measurements = 1 + Math.floor((total - seconds(initialDelay)) / seconds(interval));
        // One to spare: a measurement takes a moment.
        expect(measurements).toBeGreaterThan(failureLimit + 1);
      }
    }
  },
);

/** Of a duration like 90s, 4m or 1h. */
function seconds(duration: string): number {
  const [, count, unit = 's'] = /^(\d+)([smh])$/.exec(duration) ?? [];
  return Number(count) * ({ s: 1, m: 60, h: 3600 }[unit] ?? Number.NaN);
}
