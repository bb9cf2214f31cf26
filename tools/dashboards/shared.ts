import {
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** The data source chosen at the top of the dashboard. */
const prometheus = { type: 'prometheus', uid: '$datasource' };

/** Selects the series of the chosen services of the chosen release. */
export const pods = 'namespace="$namespace",app_kubernetes_io_instance="$release",job=~"$service"';

/** PromQL for the per-second rate of their counters, over a range that Grafana derives from the scrape interval. */
export const rate = (series: string, matchers = ''): string =>
  `rate(${series}{${pods}${matchers}}[$__rate_interval])`;

/** Labels that distinguish a canary from the stable pods, even with the same version: a Deployment and a Rollout name the hash differently. */
export const version =
  'job, app_kubernetes_io_version, pod_template_hash, rollouts_pod_template_hash';
export const versionLegend =
  '{{job}} {{app_kubernetes_io_version}} {{pod_template_hash}}{{rollouts_pod_template_hash}}';

/** PromQL for the revisions that run now, or at an offset. */
const revisions = (offset: string) => `group by (${version}) (up{${pods}}${offset})`;

type Rows = Record<string, Parameters<DashboardBuilder['withPanel']>[0][]>;

/** A dashboard with the variables that every query uses, links to the other dashboards, and its panels by the title of their row. */
export function dashboard(
  name: string,
  title: string,
  description: string,
  rows: Rows,
): DashboardBuilder {
  const ours = 'service_namespace="my-app"';
  const release = `${ours},namespace="$namespace"`;
  const builder = new DashboardBuilder(`my-app: ${title}`)
    .uid(`my-app-${name}`)
    .description(description)
    .tags(['my-app'])
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder('my-app')
        .type(DashboardLinkType.Dashboards)
        .tags(['my-app'])
        .includeVars(true)
        .keepTime(true),
    )
    .annotation(
      new AnnotationQueryBuilder()
        .name('Deployments')
        .datasource(prometheus)
        .enable(true)
        .iconColor('blue')
        .expr(`${revisions('')} unless ${revisions(' offset 5m')}`)
        .titleFormat('Deployment of {{job}} {{app_kubernetes_io_version}}'),
    )
    .withVariable(
      new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'),
    )
    .withVariable(variable('namespace', `label_values(target_info{${ours}}, namespace)`))
    .withVariable(
      variable('release', `label_values(target_info{${release}}, app_kubernetes_io_instance)`),
    )
    .withVariable(
      variable(
        'service',
        `label_values(target_info{${release},app_kubernetes_io_instance="$release"}, job)`,
      )
        .multi(true)
        .includeAll(true)
        .current({ text: 'All', value: '$__all' }),
    );
  for (const [row, panels] of Object.entries(rows)) {
    builder.withRow(new RowBuilder(row));
    for (const panel of panels) builder.withPanel(panel);
  }
  return builder;
}

function variable(name: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .datasource(prometheus)
    .query(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}

/** A graph with a quarter of the width. `unit` is one of Grafana's. */
export function graph(
  title: string,
  unit: string,
  description: string,
  ...targets: DataqueryBuilder[]
): PanelBuilder {
  return new PanelBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .datasource(prometheus)
    .targets(targets)
    .span(6)
    .height(8)
    .axisSoftMin(0)
    .fillOpacity(10)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(
      new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending),
    );
}

/** A PromQL query with the legend of its series. */
export function query(expr: string, legend: string): DataqueryBuilder {
  return new DataqueryBuilder()
    .datasource(prometheus)
    .expr(expr)
    .legendFormat(legend)
    .refId(legend.replace(/\W/g, ''))
    .range();
}

/** Draws threshold lines. Each value starts the color next to it; below the first it is green. */
export function limits(panel: PanelBuilder, ...steps: [value: number, color: string][]) {
  return panel
    .thresholds(
      new ThresholdsConfigBuilder()
        .mode(ThresholdsMode.Absolute)
        .steps([
          { value: null, color: 'green' },
          ...steps.map(([value, color]) => ({ value, color })),
        ]),
    )
    .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
}
