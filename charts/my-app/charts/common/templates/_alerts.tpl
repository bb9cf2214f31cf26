{{/* Alerts on causes, as a map by name. They open tickets; a page has `severity: critical`. Each has its page in docs/runbooks. */}}
{{- define "common.causes" -}}
{{- $pods := include "common.metricSelector" . -}}
{{- $name := include "common.fullname" . -}}
{{- $namespace := printf `namespace="%s"` .Release.Namespace -}}
{{- $pod := printf `%s,pod=~"%s-[a-z0-9]+-[a-z0-9]{5}"` $namespace $name -}}
{{- $http := printf `http_server_request_duration_seconds_count{%s,http_route!="unmatched"}` $pods -}}
{{- $hpa := printf `{%s,horizontalpodautoscaler="%s"}` $namespace $name -}}
NoPodReady:
  severity: critical
  # The second half: silence of kube-state-metrics says nothing of the pods.
  expr: (sum(kube_pod_status_ready{ {{- $pod }},condition="true"}) or vector(0)) == 0 and on () count(kube_pod_info) > 0
  for: 2m
  summary: {{ $name }} has no ready pod
  description: Nothing answers for {{ $name }}.
{{- if .Values.slo }}
NoTraffic:
  severity: critical
  # A service that nobody asks fails nobody, and its SLOs say nothing. Quiet where there was hardly any traffic before.
  expr: (sum(rate({{ $http }}[10m])) or vector(0)) == 0 and on () sum(rate({{ $http }}[1h] offset 10m)) > 0.1
  for: 5m
  summary: {{ $name }} is not asked any more
  description: {{ $name }} had requests in the last hour, and none for a quarter of one.
{{- end }}
TargetDown:
  expr: (sum(up{ {{- $pods -}} }) or vector(0)) < on () sum(kube_pod_status_ready{ {{- $pod }},condition="true"})
  for: 10m
  summary: Prometheus cannot scrape all pods of {{ $name }}
  description: {{ $name }} has more ready pods than Prometheus gets metrics from, {{ "{{ $value }}" }}. The other alerts do not see the rest.
CircuitBreakerOpen:
  expr: max by (pod, name) (1 - avg_over_time(circuit_breaker_state{ {{- $pods }},state="closed"}[2m])) > 0.5
  for: 1m
  summary: {{ $name }} fails calls to {{ "{{ $labels.name }}" }} without trying
  description: The circuit breaker of {{ "{{ $labels.pod }}" }} was open for {{ "{{ $value | humanizePercentage }}" }} of the last two minutes.
RetriesHigh:
  expr: sum by (rpc_method) (rate(rpc_client_retries_total{ {{- $pods -}} }[5m])) / sum by (rpc_method) (rate(rpc_client_call_duration_seconds_count{ {{- $pods -}} }[5m])) > 0.05
  for: 10m
  summary: {{ $name }} repeats many calls
  description: '{{ "{{ $value | humanizePercentage }}" }} of the attempts to call {{ "{{ $labels.rpc_method }}" }} are retries. They hide failures while the retry budget lasts.'
RequestsShed:
  expr: sum by (pod) (rate(server_requests_shed_total{ {{- $pods -}} }[5m])) > 0
  for: 5m
  summary: {{ $name }} turns requests away
  description: '{{ "{{ $labels.pod }}" }} sheds {{ "{{ $value | humanize }}" }} requests/s, as it has more than it can answer.'
EventLoopLate:
  expr: avg_over_time(nodejs_eventloop_lag_p99_seconds{ {{- $pods -}} }[5m]) > 0.1
  for: 5m
  summary: The event loop of {{ $name }} is late
  description: One turn in a hundred of {{ "{{ $labels.pod }}" }} is {{ "{{ $value | humanizeDuration }}" }} late, and every request on it as well.
HeapNearLimit:
  expr: avg_over_time(nodejs_heap_size_used_bytes{ {{- $pods -}} }[5m]) / nodejs_heap_size_limit_bytes{ {{- $pods -}} } > 0.85
  for: 5m
  summary: {{ $name }} is about to run out of heap
  description: '{{ "{{ $labels.pod }}" }} uses {{ "{{ $value | humanizePercentage }}" }} of the heap that it may have. At the limit it crashes.'
ContainerRestarting:
  expr: increase(kube_pod_container_status_restarts_total{ {{- $pod }},container="{{ .Chart.Name }}"}[30m]) > 1.5
  summary: {{ $name }} is started again and again
  description: '{{ "{{ $labels.pod }}" }} was started again {{ "{{ $value | humanize }}" }} times in half an hour.'
AutoscalerAtMaximum:
  expr: kube_horizontalpodautoscaler_status_desired_replicas{{ $hpa }} >= kube_horizontalpodautoscaler_spec_max_replicas{{ $hpa }} > kube_horizontalpodautoscaler_spec_min_replicas{{ $hpa }}
  for: 15m
  summary: {{ $name }} is scaled to its maximum
  description: The autoscaler of {{ $name }} wants {{ "{{ $value }}" }} pods, which is as many as it may.
CertificateExpiring:
  expr: min by (pod) (tls_certificate_not_after_timestamp_seconds{ {{- $pods -}} } > 0) - time() < {{ mul .Values.prometheusRule.certificateExpiryHours 3600 }}
  for: 5m
  summary: The certificate of {{ $name }} is about to expire
  description: The certificate that {{ "{{ $labels.pod }}" }} uses expires in {{ "{{ $value | humanizeDuration }}" }} and was not renewed.
RolloutStuck:
  expr: kube_deployment_status_condition{ {{- $namespace }},deployment="{{ $name }}",condition="Progressing",status="false"} == 1 or rollout_info{ {{- $namespace }},name="{{ $name }}",phase=~"Degraded|Error|Timeout"} == 1
  for: 1m
  summary: The rollout of {{ $name }} does not go on
  description: New pods of {{ $name }} do not become ready, or the canary was aborted. The old ones go on answering.
{{- end -}}

{{- define "common.alerts" -}}
{{- range $name, $alert := include "common.causes" . | fromYaml }}
- alert: {{ $name }}
  expr: {{ $alert.expr }}
  {{- with $alert.for }}
  for: {{ . }}
  {{- end }}
  labels:
    severity: {{ $alert.severity | default "warning" }}
    {{- include "common.alertLabels" $ | nindent 4 }}
  annotations:
    summary: {{ $alert.summary | quote }}
    description: {{ $alert.description | quote }}
    runbook_url: {{ $.Values.prometheusRule.runbookUrl | trimSuffix "/" }}/{{ $name }}.md
{{- end }}
{{- end -}}
