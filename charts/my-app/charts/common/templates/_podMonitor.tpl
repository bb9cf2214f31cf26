{{/* A PodMonitor, not a ServiceMonitor: the admin port is in no Service. */}}
{{- define "common.podMonitor" -}}
{{- if .Values.podMonitor.enabled -}}
{{- if and .Values.networkPolicy.enabled (not .Values.networkPolicy.ingress.admin) }}
  {{- fail (printf "%s: podMonitor is on, but the NetworkPolicy lets nobody scrape: list Prometheus in networkPolicy.ingress.admin" .Chart.Name) }}
{{- end -}}
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  {{- include "common.metadata" . | nindent 2 }}
    {{- with .Values.podMonitor.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
  podMetricsEndpoints:
    - port: admin
      path: /metrics
      interval: {{ .Values.podMonitor.interval }}
{{- end -}}
{{- end -}}
