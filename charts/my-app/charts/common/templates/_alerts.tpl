{{/* Alerts on causes, as a map by name. They open tickets; those with `severity: critical` page. Each has a page in docs/runbooks. */}}
{{- define "common.causes" -}}
{{- $pods := include "common.metricSelector" . -}}
{{- $name := include "common.fullname" . -}}
{{- $namespace := printf `namespace="%s"` .Release.Namespace -}}
{{- /* Pod names are cut off at 63 characters, so that pods are matched by their owner: ReplicaSet names are not. */}}
{{- $owned := printf `and on (namespace, pod) kube_pod_owner{%s,owner_kind="ReplicaSet",owner_name=~"%s-[a-z0-9]+"}` $namespace $name -}}
{{- $hpa := printf `{%s,horizontalpodautoscaler="%s"}` $namespace $name -}}
{{- $rollout := printf `name="%s",phase=~"Abort|Error|InvalidSpec|Timeout"` $name -}}
NoPodReady:
  severity: critical
  # The second half excludes an outage of kube-state-metrics.
  expr: (sum(kube_pod_status_ready{ {{- $namespace }},condition="true"} {{ $owned }}) or vector(0)) == 0 and on () count(kube_pod_info) > 0
  for: 2m
  summary: {{ $name }} has no ready pod
  description: Requests to {{ $name }} fail.
{{- if .Values.slo }}
NoTraffic:
  severity: critical
  # Without requests, the SLOs have no samples and do not fire. Requires some traffic in the past hour, so that idle services do not page.
  expr: ({{ include "common.requestRate" (list . $pods "[10m]" "count" "" "") }} or vector(0)) == 0 and on () {{ include "common.requestRate" (list . $pods "[1h] offset 10m" "count" "" "") }} > 0.1
  for: 5m
  summary: {{ $name }} receives no traffic
  description: {{ $name }} received requests in the past hour, but none in the last 15 minutes.
{{- end }}
TargetDown:
  expr: (sum(up{ {{- $pods -}} }) or vector(0)) < on () sum(kube_pod_status_ready{ {{- $namespace }},condition="true"} {{ $owned }})
  for: 10m
  summary: Prometheus cannot scrape all pods of {{ $name }}
  description: Prometheus scrapes only {{ "{{ $value }}" }} pods of {{ $name }}, although more are ready. No alert covers the pods that are not scraped.
CircuitBreakerOpen:
  expr: max by (pod, name) (1 - avg_over_time(circuit_breaker_state{ {{- $pods }},state="closed"}[2m])) > 0.5
  for: 1m
  summary: The circuit breaker of {{ $name }} for {{ "{{ $labels.name }}" }} is open
  description: The circuit breaker of {{ "{{ $labels.pod }}" }} was open for {{ "{{ $value | humanizePercentage }}" }} of the last two minutes.
RetriesHigh:
  expr: sum by (rpc_method) (rate(rpc_client_retries_total{ {{- $pods -}} }[5m])) / sum by (rpc_method) (rate(rpc_client_call_duration_seconds_count{ {{- $pods -}} }[5m])) > 0.05
  for: 10m
  summary: {{ $name }} has a high retry rate
  description: '{{ "{{ $value | humanizePercentage }}" }} of the attempts to call {{ "{{ $labels.rpc_method }}" }} are retries. Retries hide failures until the retry budget is exhausted.'
RequestsShed:
  expr: sum by (pod) (rate(server_requests_shed_total{ {{- $pods -}} }[5m])) > 0
  for: 5m
  summary: {{ $name }} is shedding load
  description: '{{ "{{ $labels.pod }}" }} rejects {{ "{{ $value | humanize }}" }} requests/s because it is overloaded.'
EventLoopLate:
  expr: avg_over_time(nodejs_eventloop_lag_p99_seconds{ {{- $pods -}} }[5m]) > 0.1
  for: 5m
  summary: The event loop of {{ $name }} is delayed
  description: The p99 event loop delay of {{ "{{ $labels.pod }}" }} is {{ "{{ $value | humanizeDuration }}" }}. Requests wait that long before they are processed.
HeapNearLimit:
  expr: avg_over_time(nodejs_heap_size_used_bytes{ {{- $pods -}} }[5m]) / nodejs_heap_size_limit_bytes{ {{- $pods -}} } > 0.85
  for: 5m
  summary: {{ $name }} is close to its heap limit
  description: '{{ "{{ $labels.pod }}" }} uses {{ "{{ $value | humanizePercentage }}" }} of its heap limit. It crashes at the limit.'
ContainerRestarting:
  expr: increase(kube_pod_container_status_restarts_total{ {{- $namespace }},container="{{ .Chart.Name }}"}[30m]) > 1.5 {{ $owned }}
  summary: {{ $name }} restarts repeatedly
  description: '{{ "{{ $labels.pod }}" }} restarted {{ "{{ $value | humanize }}" }} times in the last 30 minutes.'
AutoscalerAtMaximum:
  expr: kube_horizontalpodautoscaler_status_desired_replicas{{ $hpa }} >= kube_horizontalpodautoscaler_spec_max_replicas{{ $hpa }} > kube_horizontalpodautoscaler_spec_min_replicas{{ $hpa }}
  for: 15m
  summary: {{ $name }} is at maxReplicas
  description: The autoscaler of {{ $name }} has requested {{ "{{ $value }}" }} pods, its maximum, for 15 minutes.
CertificateExpiring:
  expr: min by (pod) (tls_certificate_not_after_timestamp_seconds{ {{- $pods -}} } > 0) - time() < {{ mul .Values.prometheusRule.certificateExpiryHours 3600 }}
  for: 5m
  summary: A certificate of {{ $name }} is about to expire
  description: The certificate of {{ "{{ $labels.pod }}" }} expires in {{ "{{ $value | humanizeDuration }}" }} and has not been renewed.
RolloutStuck:
  # Without honorLabels, which the chart of Argo Rollouts does not offer, its metrics arrive with the namespace of the controller.
  expr: kube_deployment_status_condition{ {{- $namespace }},deployment="{{ $name }}",condition="Progressing",status="false"} == 1 or rollout_info{ {{- $namespace }},{{ $rollout }}} == 1 or rollout_info{exported_{{ $namespace }},{{ $rollout }}} == 1
  for: 1m
  summary: The rollout of {{ $name }} is stuck
  description: New pods of {{ $name }} do not become ready, or the canary was aborted. The old pods keep serving.
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
    {{- $onRequests := has $name (list "NoTraffic" "CircuitBreakerOpen" "RetriesHigh") }}
    {{- include "common.alertLinks" (list $ $name ($onRequests | ternary "requests" "runtime")) | nindent 4 }}
{{- end }}
{{- end -}}

{{/* Annotations that link the runbook and the dashboard of an alert: (list $ "NoTraffic" "requests"). */}}
{{- define "common.alertLinks" -}}
{{- $service := first . -}}
{{- with $service.Values.prometheusRule -}}
{{- with .runbookUrl }}
runbook_url: {{ . | trimSuffix "/" }}/{{ index $ 1 }}.md
{{- end }}
{{- with .grafanaUrl }}
{{- $variables := printf "var-namespace=%s&var-release=%s&var-service=%s" $service.Release.Namespace $service.Release.Name $service.Chart.Name }}
dashboard_url: {{ . | trimSuffix "/" }}/d/my-app-{{ last $ }}?{{ $variables }}
{{- end }}
{{- end -}}
{{- end -}}
