import { PercentUnit, Short } from '@grafana/grafana-foundation-sdk/units';
import { dashboard, graph, limits, query } from './shared.ts';

/** Selects the series of the recording rules in charts/common/templates/_slo.tpl. */
const slo = 'namespace="$namespace",release="$release",service=~"$service"';

/** Burn rates of the error budget over two pairs of windows, with the thresholds of their alerts. */
const burnRate = (title: string, low: number, high: number, windows: string[]) =>
  limits(
    graph(
      title,
      Short,
      `Burn rate of the error budget: at 1 it lasts 30 days. An alert fires if both ${windows[0]} and ${windows[1]} are above ${high}, or both ${windows[2]} and ${windows[3]} are above ${low}.`,
      ...windows.map((window) =>
        query(
          `slo:sli_error:ratio_rate${window}{${slo}} / (1 - slo:objective:ratio{${slo}})`,
          `{{service}} {{slo}} ${window}`,
        ),
      ),
    ).span(12),
    [low, 'orange'],
    [high, 'red'],
  );

/** Availability and latency against their objectives, and the remaining error budgets. */
export const slos = dashboard(
  'slos',
  'SLOs',
  'How much of the error budget is used, and how fast. The alerts are those of docs/runbooks.',
  {
    Objectives: [
      graph(
        'Good requests',
        PercentUnit,
        'Share of good requests in the last 5 minutes. The dashed line is the objective. Empty without requests.',
        query(`1 - slo:sli_error:ratio_rate5m{${slo}}`, '{{service}} {{slo}}'),
        query(`slo:objective:ratio{${slo}}`, '{{service}} {{slo}} objective'),
      )
        .span(8)
        .decimals(2)
        .axisSoftMin(0.99)
        .max(1)
        .overrideByRegexp('.* objective', [
          { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 8] } },
          { id: 'custom.fillOpacity', value: 0 },
        ]),
      graph(
        'Remaining error budget',
        PercentUnit,
        'What remains of the error budget of 30 days. Below 0 the objective is missed: put reliability before features.',
        query(`slo:period_error_budget_remaining:ratio{${slo}}`, '{{service}} {{slo}}'),
      )
        .span(8)
        .max(1),
      graph(
        'Firing alerts',
        Short,
        'All alerts of the service. Each has a page in docs/runbooks.',
        query(
          `count by (service, alertname, severity) (ALERTS{${slo},alertstate="firing"})`,
          '{{severity}} {{alertname}} {{service}}',
        ),
      )
        .span(8)
        .noValue('none'),
    ],
    'Burn rates': [
      burnRate('Windows of critical alerts', 6, 14.4, ['1h', '5m', '6h', '30m']),
      burnRate('Windows of warnings', 1, 3, ['1d', '2h', '3d', '6h']),
    ],
  },
);
