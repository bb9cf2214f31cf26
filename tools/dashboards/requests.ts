import { StackingConfigBuilder, StackingMode } from '@grafana/grafana-foundation-sdk/common';
import { TextBoxVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import {
  PercentUnit,
  RequestsPerSecond,
  Seconds,
  Short,
} from '@grafana/grafana-foundation-sdk/units';
import { dashboard, graph, pods, query, rate, version, versionLegend } from './shared.ts';
import { logs, trace } from './trace.ts';

/** Median and 99th percentile of a histogram, with exemplars. A stream lasts as long as its client wants, so it is left out. */
const duration = (title: string, where: string, series: string, by: string, legend: string) =>
  graph(
    title,
    Seconds,
    `Measured by the ${where}. A diamond is an exemplar: a single request with a link to its trace.`,
    ...[0.5, 0.99].map((quantile) =>
      query(
        `histogram_quantile(${quantile}, sum by (le, ${by}) (${rate(`${series}_bucket`, ',grpc_type=""')}))`,
        `p${quantile * 100} ${legend}`,
      ).exemplar(true),
    ),
  );

/** Errors are counted as the SLOs count them (charts/common/templates/_sli.tpl), and all deadlines of clients. */
const servers = [
  {
    protocol: 'HTTP',
    series: 'http_server_request_duration_seconds',
    errors: 'of responses with 5xx. Requests that the client abandoned (499) are not counted',
    bad: ',http_route!="unmatched",http_response_status_code=~"5.."',
    counted: ',http_route!="unmatched",http_response_status_code!="499"',
    kinds: ['http_route', 'http_response_status_code'],
  },
  {
    protocol: 'gRPC',
    series: 'rpc_server_call_duration_seconds',
    errors:
      'of calls with a server error, or beyond their deadline. Calls that the client canceled (CANCELLED) are not counted',
    bad: ',rpc_status_code=~"UNKNOWN|DEADLINE_EXCEEDED|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS"',
    counted: ',rpc_status_code!="CANCELLED"',
    kinds: ['rpc_method', 'rpc_status_code'],
  },
];

/** The four panels of a protocol. */
const serverPanels = ({
  protocol,
  series,
  errors,
  bad,
  counted,
  kinds,
}: (typeof servers)[number]) => {
  const count = (by: string, matchers = '') =>
    `sum by (${by}) (${rate(`${series}_count`, matchers)})`;
  return [
    graph(
      `${protocol} requests`,
      RequestsPerSecond,
      "By version; the hash is the ReplicaSet's.",
      query(count(version), versionLegend),
    ),
    graph(
      `${protocol} errors`,
      PercentUnit,
      `The share ${errors}.`,
      query(`${count(version, bad)} / ${count(version, counted)}`, versionLegend),
    ),
    duration(`${protocol} duration`, 'server', series, version, versionLegend),
    graph(
      `${protocol} responses`,
      RequestsPerSecond,
      'By route or method, and status.',
      query(
        `${count(`job, ${kinds.join(', ')}`)} > 0`,
        `{{job}} ${kinds.map((kind) => `{{${kind}}}`).join(' ')}`,
      ),
    ),
  ];
};

const client = 'rpc_client_call_duration_seconds';
const perMethod = (series: string) => `sum by (job, rpc_method) (${rate(series)})`;

/** Rate, errors and duration of requests by service and version, down to a single request. */
export const requests = dashboard(
  'requests',
  'requests',
  'Rate, errors and duration by service and version, with links from a slow request to its trace and log lines.',
  {
    ...Object.fromEntries(
      servers.map((server) => [`${server.protocol} server`, serverPanels(server)]),
    ),
    'gRPC client': [
      graph(
        'Attempts',
        RequestsPerSecond,
        'Attempts by method and status. A call is one attempt and its retries.',
        query(
          `sum by (job, rpc_method, rpc_status_code) (${rate(`${client}_count`)})`,
          '{{job}} {{rpc_method}} {{rpc_status_code}}',
        ),
      ),
      graph(
        'Retries',
        PercentUnit,
        'Share of the attempts. Retries hide failures until the retry budget is exhausted.',
        query(
          `${perMethod('rpc_client_retries_total')} / ${perMethod(`${client}_count`)}`,
          '{{job}} {{rpc_method}}',
        ),
      ),
      duration(
        'Attempt duration',
        'client, network included',
        client,
        'job, rpc_method',
        '{{job}} {{rpc_method}}',
      ),
      graph(
        'Circuit breakers',
        Short,
        'Pods by the state of their circuit breaker. While it is open, calls fail without an attempt.',
        query(
          `sum by (job, name, state) (circuit_breaker_state{${pods}})`,
          '{{job}} to {{name}}: {{state}}',
        ),
      ).stacking(new StackingConfigBuilder().mode(StackingMode.Normal)),
    ],
    'One request: trace and log lines': [trace, logs],
  },
).withVariable(
  new TextBoxVariableBuilder('trace_id')
    .label('Trace id')
    .description(
      'ID of a trace to show in the last row. Copy it from a log line, an exemplar or a response.',
    ),
);
