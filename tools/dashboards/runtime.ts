import {
  PercentUnit,
  RequestsPerSecond,
  Seconds,
  Short,
} from '@grafana/grafana-foundation-sdk/units';
import { dashboard, graph, limits, pods, query, rate, version, versionLegend } from './shared.ts';

const perPod = (expr: string) => query(expr, '{{pod}}');

/** Restricts series of kube-state-metrics to our pods. They have no labels for release and service, so this joins with `up`. */
const ofPods = (series: string): string =>
  `${series} * on (namespace, pod) group_left (job) group by (namespace, pod, job) (up{${pods}})`;

const inNamespace = 'namespace="$namespace"';
const hpa = `${inNamespace},horizontalpodautoscaler=~"($release-)?$service"`;

/** Node.js and Kubernetes resources of the services: what is about to run out. */
export const runtime = dashboard(
  'runtime',
  'runtime',
  'Saturation of Node.js and Kubernetes resources by pod.',
  {
    'Event loop and CPU': [
      limits(
        graph(
          'Event loop utilization',
          PercentUnit,
          'Share of time that the event loop was busy. Near 100 %, requests wait for each other.',
          perPod(
            `sum by (pod) (${rate('nodejs_eventloop_time_seconds_total', ',nodejs_eventloop_state="active"')})`,
          ),
        ).max(1),
        [0.9, 'red'],
      ),
      limits(
        graph(
          'Event loop delay',
          Seconds,
          'The 99th percentile. Requests wait that long before they are processed.',
          perPod(`max by (pod) (nodejs_eventloop_lag_p99_seconds{${pods}})`),
        ),
        [0.1, 'red'],
      ),
      graph(
        'CPU',
        Short,
        'Cores in use. JavaScript uses at most one; garbage collection and TLS use more.',
        perPod(`sum by (pod) (${rate('process_cpu_seconds_total')})`),
      ),
      graph(
        'Requests shed',
        RequestsPerSecond,
        'Rejected with 503 or UNAVAILABLE, because the pod is overloaded.',
        perPod(`sum by (pod) (${rate('server_requests_shed_total')})`),
      ),
    ],
    Memory: [
      limits(
        graph(
          'Heap',
          PercentUnit,
          'Share of the heap limit. At 100 % the process crashes.',
          perPod(
            `max by (pod) (nodejs_heap_size_used_bytes{${pods}} / nodejs_heap_size_limit_bytes{${pods}})`,
          ),
        ).max(1),
        [0.85, 'red'],
      ),
      limits(
        graph(
          'Memory',
          PercentUnit,
          "Resident memory as a share of the container's limit. At 100 % the kernel kills the process.",
          perPod(
            `max by (pod) (process_resident_memory_bytes{${pods}} / on (namespace, pod, container) kube_pod_container_resource_limits{${inNamespace},resource="memory"})`,
          ),
        ).max(1),
        [0.9, 'red'],
      ),
      graph(
        'Garbage collection',
        PercentUnit,
        'Share of time spent in it. Above a few percent, the heap is too small.',
        perPod(`sum by (pod) (${rate('nodejs_gc_duration_seconds_sum')})`),
      ),
      graph(
        'In flight',
        Short,
        'Requests and calls in progress.',
        query(`sum by (pod) (http_server_active_requests{${pods}})`, '{{pod}} HTTP'),
        query(`sum by (pod) (rpc_server_active_calls{${pods}})`, '{{pod}} gRPC'),
      ),
    ],
    Pods: [
      graph(
        'Pods',
        Short,
        'Scraped pods by version, and ready pods by service.',
        query(`sum by (${version}) (up{${pods}})`, versionLegend),
        query(
          `sum by (job) (${ofPods(`kube_pod_status_ready{${inNamespace},condition="true"}`)})`,
          '{{job}} ready',
        ),
      ),
      graph(
        'Restarts',
        Short,
        'Container restarts in the last half hour.',
        perPod(
          `sum by (pod) (${ofPods(`increase(kube_pod_container_status_restarts_total{${inNamespace}}[30m])`)})`,
        ),
      ),
      graph(
        'Autoscaling',
        Short,
        'Desired and maximum pods of the HorizontalPodAutoscaler.',
        ...Object.entries({ status_desired_replicas: '', spec_max_replicas: ' maximum' }).map(
          ([field, suffix]) =>
            query(
              `kube_horizontalpodautoscaler_${field}{${hpa}}`,
              `{{horizontalpodautoscaler}}${suffix}`,
            ),
        ),
      ).noValue('autoscaling is off'),
      graph(
        'Certificates',
        Seconds,
        'Time until the certificate in use expires.',
        perPod(`min by (pod) (tls_certificate_not_after_timestamp_seconds{${pods}} > 0) - time()`),
      ).noValue('mutual TLS is off'),
    ],
  },
);
