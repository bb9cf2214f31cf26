{{/* A PodMonitor instead of a ServiceMonitor, because no Service has the admin port. */}}
{{- define "common.podMonitor" -}}
{{- with .Values.podMonitor -}}
{{- if .enabled -}}
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  {{- $name := include "common.fullname" $ }}
  {{- /* In a shared namespace, releases of other namespaces must not overwrite it. */}}
  {{- if and .namespace (ne .namespace $.Release.Namespace) }}{{ $name = printf "%s-%s" $.Release.Namespace $name }}{{ end }}
  {{- include "common.metadata" (dict "service" $ "name" $name "namespace" .namespace "labels" .labels) | nindent 2 }}
spec:
  {{- include "common.fields" (list . "jobLabel" "podTargetLabels") | trim | nindent 2 }}
  {{- if .namespace }}
  namespaceSelector:
    matchNames: [{{ $.Release.Namespace }}]
  {{- end }}
  selector:
    matchLabels:
      {{- include "common.selectorLabels" $ | nindent 6 }}
  podMetricsEndpoints:
    - port: admin
      path: /metrics
      {{- include "common.fields" (list . "interval" "scrapeTimeout" "relabelings" "metricRelabelings") | trim | nindent 6 }}
{{- end -}}
{{- end -}}
{{- end -}}
