import { LogsDedupStrategy, LogsSortOrder } from '@grafana/grafana-foundation-sdk/common';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as LogsBuilder } from '@grafana/grafana-foundation-sdk/logs';

/** Plugin names and uids of the data sources that deploy/platform configures in Grafana. */
const jaeger = { type: 'jaeger', uid: 'jaeger' };
const victoriaLogs = { type: 'victoriametrics-logs-datasource', uid: 'victorialogs' };

/** A query for a data source without a builder in the SDK. */
const target = (query: object) => ({
  build: () => ({ refId: 'A', ...query, _implementsDataqueryVariant: () => {} }),
});

/** The trace with the id in the variable `trace_id`, https://grafana.com/docs/grafana/latest/panels-visualizations/visualizations/traces/ */
export const trace = new PanelBuilder()
  .type('traces')
  .title('Trace')
  .description('The trace with the id above, from Jaeger.')
  .datasource(jaeger)
  .span(12)
  .height(16)
  .withTarget(target({ datasource: jaeger, query: '$trace_id' }));

/** The log lines of that request from all services. */
export const logs = new LogsBuilder()
  .title('Log lines')
  .description(
    'All log lines with the trace id above, from every service that the request reached, from VictoriaLogs.',
  )
  .datasource(victoriaLogs)
  .span(12)
  .height(16)
  .showLabels(false)
  .showCommonLabels(false)
  .showTime(true)
  .showLogContextToggle(false)
  .wrapLogMessage(true)
  .prettifyLogMessage(false)
  .enableLogDetails(true)
  .dedupStrategy(LogsDedupStrategy.None)
  .sortOrder(LogsSortOrder.Ascending)
  .withTarget(
    target({ datasource: victoriaLogs, expr: 'trace_id:="$trace_id"', queryType: 'instant' }),
  );
