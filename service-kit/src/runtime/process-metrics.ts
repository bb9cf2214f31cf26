import { performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import {
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_NAMESPACE,
  ATTR_SERVICE_VERSION,
} from '@opentelemetry/semantic-conventions';
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
import { prometheusName } from './prometheus-names.ts';

/** Adds the metrics of the process itself: its build and the Node.js runtime. */
export function addProcessMetrics(
  registry: Registry<OpenMetricsContentType>,
  build: BuildInfo,
): void {
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  // The resource of OTLP, so that metrics and traces of a process can be joined.
  const resource = {
    [prometheusName(ATTR_SERVICE_NAME)]: build.service,
    [prometheusName(ATTR_SERVICE_NAMESPACE)]: build.namespace,
    [prometheusName(ATTR_SERVICE_VERSION)]: build.version,
    [prometheusName(ATTR_SERVICE_INSTANCE_ID)]: build.instance,
  };
  new Gauge({
    name: 'target_info',
    help: 'The OpenTelemetry resource of this process.',
    labelNames: Object.keys(resource),
    registers,
  }).set(resource, 1);
  new Gauge({
    name: 'build_info',
    help: 'Version and revision of the running build.',
    labelNames: ['service', 'version', 'revision'],
    registers,
  }).set({ service: build.service, version: build.version, revision: build.revision }, 1);
  new Gauge({
    name: 'nodejs_heap_size_limit_bytes',
    help: 'Heap limit. The process crashes when the heap reaches it.',
    registers,
  }).set(getHeapStatistics().heap_size_limit);
  new Counter({
    name: 'server_requests_shed_total',
    help: 'Requests and calls that were rejected because of overload.',
    registers,
    collect() {
      this.reset();
      this.inc(requestsShed());
    },
  });
  new Counter({
    name: 'server_connections_closed_total',
    help: 'Client connections that the server closed or refused, by server and reason.',
    labelNames: ['server', 'reason'],
    registers,
    collect() {
      this.reset();
      for (const { server, reason, count } of connectionsClosed())
        this.inc({ server, reason }, count);
    },
  });
  new Counter({
    name: 'log_lines_dropped_total',
    help: 'Log lines that were dropped because standard output was blocked.',
    registers,
    collect() {
      this.reset();
      this.inc(linesDropped());
    },
  });
  // A counter instead of a ratio, because a counter supports any scrape interval and range.
  new Counter({
    name: 'nodejs_eventloop_time_seconds_total',
    help: 'Time that the event loop was active or idle. The rate of active time is its utilization.',
    labelNames: ['nodejs_eventloop_state'],
    registers,
    collect() {
      const { active, idle } = performance.eventLoopUtilization();
      this.reset();
      this.inc({ nodejs_eventloop_state: 'active' }, active / 1000);
      this.inc({ nodejs_eventloop_state: 'idle' }, idle / 1000);
    },
  });
}
