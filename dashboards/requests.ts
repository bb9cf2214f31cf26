import { StackingConfigBuilder, StackingMode } from '@grafana/grafana-foundation-sdk/common';
import {
  type DashboardBuilder,
  RowBuilder,
  TextBoxVariableBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  PercentUnit,
  RequestsPerSecond,
  Seconds,
  Short,
} from '@grafana/grafana-foundation-sdk/units';
import { dashboard, graph, pods, query, version, versionLegend } from './shared.ts';
import { logs, trace } from './trace.ts';

const http = 'http_server_request_duration_seconds';
const server = 'rpc_server_call_duration_seconds';
const client = 'rpc_client_call_duration_seconds';

const rate = (series: string, matchers = ''): string =>
  `rate(${series}{${pods}${matchers}}[$__rate_interval])`;

const byVersion = (series: string, matchers?: string): string =>
  `sum by (${version}) (${rate(series, matchers)})`;

/** The share of the requests that failed, as the SLOs count them: charts/common/templates/_sli.tpl. */
const httpErrors = [
  byVersion(`${http}_count`, ',http_route!="unmatched",http_response_status_code=~"5.."'),
  byVersion(`${http}_count`, ',http_route!="unmatched",http_response_status_code!="499"'),
].join(' / ');
const failed = 'UNKNOWN|DEADLINE_EXCEEDED|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS';
const grpcErrors = [
  byVersion(`${server}_count`, `,rpc_status_code=~"${failed}"`),
  byVersion(`${server}_count`, ',rpc_status_code!="CANCELLED"'),
].join(' / ');

/** Median and 99th percentile of a histogram, with exemplars. */
const durations = (series: string, by: string, legend: string) =>
  [0.5, 0.99].map((quantile) =>
    query(
      `histogram_quantile(${quantile}, sum by (le, ${by}) (${rate(`${series}_bucket`)}))`,
      `p${quantile * 100} ${legend}`,
    ).exemplar(true),
  );

const diamonds = 'A diamond is an exemplar: one request. Its link opens the trace.';

/** Rate, errors and duration of requests by service and version, and the way from there to one request. */
export const requests: DashboardBuilder = dashboard(
  'requests',
  'requests',
  'Rate, errors and duration by service and version. From a request that was slow to its trace and its log lines.',
)
  .withVariable(
    new TextBoxVariableBuilder('trace_id')
      .label('Trace id')
      .description('Of a log line, an exemplar or a response; for the last row.'),
  )
  .withRow(new RowBuilder('HTTP server'))
  .withPanel(
    graph(
      'HTTP requests',
      RequestsPerSecond,
      'By version; the hash is that of the ReplicaSet.',
    ).withTarget(query(byVersion(`${http}_count`), versionLegend)),
  )
  .withPanel(
    graph(
      'HTTP errors',
      PercentUnit,
      'The share answered with 5xx. What the client gave up (499) counts neither way.',
    ).withTarget(query(httpErrors, versionLegend)),
  )
  .withPanel(
    graph('HTTP duration', Seconds, `As the server sees it. ${diamonds}`).targets(
      durations(http, version, versionLegend),
    ),
  )
  .withPanel(
    graph('HTTP answers', RequestsPerSecond, 'By route and status.').withTarget(
      query(
        `sum by (job, http_route, http_response_status_code) (${rate(`${http}_count`)}) > 0`,
        '{{job}} {{http_route}} {{http_response_status_code}}',
      ),
    ),
  )
  .withRow(new RowBuilder('gRPC server'))
  .withPanel(
    graph(
      'gRPC calls',
      RequestsPerSecond,
      'By version; the hash is that of the ReplicaSet.',
    ).withTarget(query(byVersion(`${server}_count`), versionLegend)),
  )
  .withPanel(
    graph(
      'gRPC errors',
      PercentUnit,
      "The share that failed by the server's fault, as OpenTelemetry sorts the statuses.",
    ).withTarget(query(grpcErrors, versionLegend)),
  )
  .withPanel(
    graph('gRPC duration', Seconds, `As the server sees it. ${diamonds}`).targets(
      durations(server, version, versionLegend),
    ),
  )
  .withPanel(
    graph('gRPC answers', RequestsPerSecond, 'By method and status.').withTarget(
      query(
        `sum by (job, rpc_method, rpc_status_code) (${rate(`${server}_count`)}) > 0`,
        '{{job}} {{rpc_method}} {{rpc_status_code}}',
      ),
    ),
  )
  .withRow(new RowBuilder('gRPC client'))
  .withPanel(
    graph(
      'Attempts',
      RequestsPerSecond,
      'By method and status. A call is one attempt and its retries.',
    ).withTarget(
      query(
        `sum by (job, rpc_method, rpc_status_code) (${rate(`${client}_count`)})`,
        '{{job}} {{rpc_method}} {{rpc_status_code}}',
      ),
    ),
  )
  .withPanel(
    graph(
      'Retries',
      PercentUnit,
      'Their share of the attempts. They hide failures while the retry budget lasts.',
    ).withTarget(
      query(
        `sum by (job, rpc_method) (${rate('rpc_client_retries_total')}) / sum by (job, rpc_method) (${rate(`${client}_count`)})`,
        '{{job}} {{rpc_method}}',
      ),
    ),
  )
  .withPanel(
    graph(
      'Attempt duration',
      Seconds,
      `As the client sees it, with the network. ${diamonds}`,
    ).targets(durations(client, 'job, rpc_method', '{{job}} {{rpc_method}}')),
  )
  .withPanel(
    graph(
      'Circuit breakers',
      Short,
      'Pods by the state of their circuit breaker. An open one fails calls without trying.',
    )
      .stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
      .withTarget(
        query(
          `sum by (job, name, state) (circuit_breaker_state{${pods}})`,
          '{{job}} to {{name}}: {{state}}',
        ),
      ),
  )
  .withRow(new RowBuilder('One request: its trace and its log lines'))
  .withPanel(trace)
  .withPanel(logs);
