{{/* Recording rules and alerts of one service of one release: they see no other tenant's series, and each alert is of the release's namespace. */}}
{{- define "common.prometheusRule" -}}
{{- with .Values.prometheusRule }}
{{- if .enabled -}}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  {{- include "common.metadata" (dict "service" $ "labels" .labels) | nindent 2 }}
spec:
  groups:
    {{- with $.Values.slo }}
    {{- include "common.slos" $ | trim | nindent 4 }}
    {{- end }}
    - name: {{ printf "%s-%s-causes" $.Release.Name $.Chart.Name }}
      rules:
        {{- include "common.alerts" $ | trim | nindent 8 }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The series that this service's pods of this release export. */}}
{{- define "common.metricSelector" -}}
job="{{ .Chart.Name }}",app_kubernetes_io_instance="{{ .Release.Name }}",namespace="{{ .Release.Namespace }}"
{{- end -}}

{{- define "common.releaseSelector" -}}
release="{{ .Release.Name }}",namespace="{{ .Release.Namespace }}"
{{- end -}}

{{/* Routes and AlertmanagerConfigs go by the namespace, which an aggregation would lose. */}}
{{- define "common.alertLabels" -}}
service: {{ .Chart.Name }}
release: {{ .Release.Name }}
namespace: {{ .Release.Namespace }}
team: {{ .Values.prometheusRule.team }}
{{- end -}}
