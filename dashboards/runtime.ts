import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import {
  PercentUnit,
  RequestsPerSecond,
  Seconds,
  Short,
} from '@grafana/grafana-foundation-sdk/units';
import { dashboard, graph, limits, pods, query, version, versionLegend } from './shared.ts';

const rate = (series: string, matchers = ''): string =>
  `rate(${series}{${pods}${matchers}}[$__rate_interval])`;

/** Series of kube-state-metrics that are of our pods. They know neither release nor service, so the targets say. */
const ofPods = (series: string): string =>
  `${series} * on (namespace, pod) group_left (job) group by (namespace, pod, job) (up{${pods}})`;

const pod = '{{pod}}';
const hpa = 'namespace="$namespace",horizontalpodautoscaler=~"($release-)?$service"';

/** Node.js and Kubernetes beneath the services: what is about to run out. */
export const runtime: DashboardBuilder = dashboard(
  'runtime',
  'runtime',
  'Node.js and Kubernetes beneath the services: what is about to run out, pod by pod.',
)
  .withRow(new RowBuilder('Event loop and CPU'))
  .withPanel(
    graph(
      'Event loop utilization',
      PercentUnit,
      'The share of the time that the event loop was busy. Near 100 % requests wait for each other.',
    )
      .max(1)
      .thresholds(limits([0.9, 'red']))
      .withTarget(
        query(
          `sum by (pod) (${rate('nodejs_eventloop_time_seconds_total', ',nodejs_eventloop_state="active"')})`,
          pod,
        ),
      ),
  )
  .withPanel(
    graph(
      'Event loop delay',
      Seconds,
      'One turn in a hundred is this late, and the requests on it as well.',
    ).withTarget(query(`max by (pod) (nodejs_eventloop_lag_p99_seconds{${pods}})`, pod)),
  )
  .withPanel(
    graph(
      'CPU',
      Short,
      'Cores in use. JavaScript has one; garbage collection and TLS use more.',
    ).withTarget(query(`sum by (pod) (${rate('process_cpu_seconds_total')})`, pod)),
  )
  .withPanel(
    graph(
      'Requests shed',
      RequestsPerSecond,
      'Turned away with 503 or UNAVAILABLE, because a pod has more than it can answer.',
    ).withTarget(query(`sum by (pod) (${rate('server_requests_shed_total')})`, pod)),
  )
  .withRow(new RowBuilder('Memory'))
  .withPanel(
    graph('Heap', PercentUnit, 'Of what it may grow to. At 100 % the process ends.')
      .max(1)
      .thresholds(limits([0.85, 'red']))
      .withTarget(
        query(
          `max by (pod) (nodejs_heap_size_used_bytes{${pods}} / nodejs_heap_size_limit_bytes{${pods}})`,
          pod,
        ),
      ),
  )
  .withPanel(
    graph(
      'Memory',
      PercentUnit,
      "Resident, of the container's limit. At 100 % the kernel kills it.",
    )
      .max(1)
      .thresholds(limits([0.9, 'red']))
      .withTarget(
        query(
          `max by (pod) (process_resident_memory_bytes{${pods}} / on (namespace, pod, container) kube_pod_container_resource_limits{namespace="$namespace",resource="memory"})`,
          pod,
        ),
      ),
  )
  .withPanel(
    graph(
      'Garbage collection',
      PercentUnit,
      'The share of the time that it took. Above a few percent the heap is too small.',
    ).withTarget(query(`sum by (pod) (${rate('nodejs_gc_duration_seconds_sum')})`, pod)),
  )
  .withPanel(
    graph('In flight', Short, 'Requests and calls that are being answered.').targets([
      query(`sum by (pod) (http_server_active_requests{${pods}})`, '{{pod}} HTTP'),
      query(`sum by (pod) (rpc_server_active_calls{${pods}})`, '{{pod}} gRPC'),
    ]),
  )
  .withRow(new RowBuilder('Pods'))
  .withPanel(
    graph(
      'Pods',
      Short,
      'By version: that Prometheus gets metrics from; by service: that are ready.',
    ).targets([
      query(`sum by (${version}) (up{${pods}})`, versionLegend),
      query(
        `sum by (job) (${ofPods('kube_pod_status_ready{namespace="$namespace",condition="true"}')})`,
        '{{job}} ready',
      ),
    ]),
  )
  .withPanel(
    graph('Restarts', Short, 'Of containers, in the last half hour.').withTarget(
      query(
        `sum by (pod) (${ofPods('increase(kube_pod_container_status_restarts_total{namespace="$namespace"}[30m])')})`,
        pod,
      ),
    ),
  )
  .withPanel(
    graph(
      'Autoscaling',
      Short,
      'Pods that the HorizontalPodAutoscaler wants, and the most that it may want.',
    )
      .noValue('autoscaling is off')
      .targets([
        query(
          `kube_horizontalpodautoscaler_status_desired_replicas{${hpa}}`,
          '{{horizontalpodautoscaler}}',
        ),
        query(
          `kube_horizontalpodautoscaler_spec_max_replicas{${hpa}}`,
          '{{horizontalpodautoscaler}} maximum',
        ),
      ]),
  )
  .withPanel(
    graph('Certificates', Seconds, 'Time left of the certificate in use.')
      .noValue('mutual TLS is off')
      .withTarget(
        query(
          `min by (pod) (tls_certificate_not_after_timestamp_seconds{${pods}} > 0) - time()`,
          pod,
        ),
      ),
  );
