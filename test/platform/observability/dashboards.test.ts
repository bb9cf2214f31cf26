import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';
import { namespace, release } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { allTargets, startLoad } from '@my-app/test-support/cluster/load';
import { query } from '@my-app/test-support/cluster/prometheus';
import { beforeAll, expect, test } from 'vitest';
import { dashboards } from '../../../tools/dashboards/main.ts';
import { services } from '../../../tools/services.ts';

/** Panels that show nothing where all is well; Prometheus must accept their queries all the same. */
const mayBeEmpty: Record<string, string> = {
  'Firing alerts': 'no alert fires',
};

const variables: Record<string, string> = {
  $namespace: namespace,
  $release: release,
  $service: `(${services.join('|')})`,
  $__rate_interval: '5m',
};

const filled = (expr: string): string =>
  expr.replace(/\$\w+/g, (name) => variables[name] ?? `no value for ${name}`);

/** The labels that a legend names. Of those that stand side by side, `{{a}}{{b}}`, a series has one. */
const labelsIn = (legend: string): string[][] =>
  (legend.match(/(\{\{\w+\}\})+/g) ?? []).map((group) => group.match(/\w+/g) ?? []);

const queries = Object.entries(dashboards).flatMap(([dashboard, { panels = [] }]) =>
  panels.flatMap((panel) =>
    ('targets' in panel ? (panel.targets as Dataquery[]) : [])
      .filter(({ datasource }) => datasource?.type === 'prometheus')
      .map(({ expr, legendFormat = '' }) => ({
        dashboard,
        panel: `${panel.title}`,
        expr: filled(expr),
        legend: legendFormat,
      })),
  ),
);

/** `label_values(expr, label)`, which fills the list of a variable. */
const choices = Object.entries(dashboards).flatMap(([dashboard, { templating }]) =>
  (templating.list ?? [])
    .map(({ name, query }) => ({ name, found: /^label_values\((.*), (\w+)\)$/.exec(`${query}`) }))
    .flatMap(({ name, found }) => {
      const [, expr = '', label] = found ?? [];
      const legend = `{{${label}}}`;
      return found ? [{ dashboard, panel: `variable ${name}`, expr: filled(expr), legend }] : [];
    }),
);

beforeAll(async () => {
  const { ping, proxy } = allTargets();
  await startLoad({ ping: { ...ping, perSecond: 5 }, proxy: { ...proxy, perSecond: 5 } });
});

test.each([...choices, ...queries])(
  '$dashboard: $panel: $legend',
  async ({ panel, expr, legend }) => {
    await eventually(
      async () => {
        const samples = await query(expr);
        if (samples.length === 0 && panel in mayBeEmpty) return;
        // A ratio of nothing is NaN.
        expect(samples.filter(({ value }) => value[1] !== 'NaN')).not.toHaveLength(0);
        for (const { metric } of samples) {
          for (const labels of labelsIn(legend)) {
            expect(
              labels.some((label) => metric[label]),
              `${labels} in ${JSON.stringify(metric)}`,
            ).toBe(true);
          }
        }
      },
      { withinMs: 120_000, everyMs: 5000 },
    );
  },
);
