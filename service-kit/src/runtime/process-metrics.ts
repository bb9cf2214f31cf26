import { performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  type OpenMetricsContentType,
  type Registry,
} from 'prom-client';
import type { BuildInfo } from './build-info.ts';
import { connectionsClosed } from './connection-limits.ts';
import { linesDropped } from './logging.ts';
import { requestsShed } from './overload.ts';

/** Adds the metrics of the process itself: its build and the Node.js runtime. */
export function addProcessMetrics(
  registry: Registry<OpenMetricsContentType>,
  build: BuildInfo,
): void {
  const registers = [registry];
  const constant = (name: string, help: string, labels: Record<string, string>, value = 1) =>
    new Gauge({ name, help, labelNames: Object.keys(labels), registers }).set(labels, value);
  /** A counter that others count: `collect` reads the current values at each scrape. */
  const counter = (
    name: string,
    help: string,
    labelNames: string[],
    collect: (counter: Counter) => void,
  ) =>
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        collect(this);
      },
    });

  collectDefaultMetrics({ register: registry });
  // As in OTLP, so that metrics and traces of a process can be joined.
  constant('target_info', 'The OpenTelemetry resource of this process.', {
    service_name: build.service,
    service_namespace: build.namespace,
    service_version: build.version,
    service_instance_id: build.instance,
  });
  const { service, version, revision } = build;
  const buildLabels = { service, version, revision };
  constant('build_info', 'Version and revision of the running build.', buildLabels);
  constant(
    'nodejs_heap_size_limit_bytes',
    'Heap limit. The process crashes when the heap reaches it.',
    {},
    getHeapStatistics().heap_size_limit,
  );
  counter(
    'server_requests_shed_total',
    'Requests and calls that were rejected because of overload.',
    [],
    (counter) => counter.inc(requestsShed()),
  );
  counter(
    'server_connections_closed_total',
    'Client connections that the server closed or refused, by server and reason.',
    ['server', 'reason'],
    (counter) => {
      for (const { count, ...labels } of connectionsClosed()) counter.inc(labels, count);
    },
  );
  counter(
    'log_lines_dropped_total',
    'Log lines that were dropped because standard output was blocked.',
    [],
    (counter) => counter.inc(linesDropped()),
  );
  // A counter instead of a ratio, because a counter supports any scrape interval and range.
  counter(
    'nodejs_eventloop_time_seconds_total',
    'Time that the event loop was active or idle. The rate of active time is its utilization.',
    ['nodejs_eventloop_state'],
    (counter) => {
      const { active, idle } = performance.eventLoopUtilization();
      counter.inc({ nodejs_eventloop_state: 'active' }, active / 1000);
      counter.inc({ nodejs_eventloop_state: 'idle' }, idle / 1000);
    },
  );
}
