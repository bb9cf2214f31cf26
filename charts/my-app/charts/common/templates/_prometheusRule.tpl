{{/* Recording rules and alerts of one service of one release. They match no series of other releases. */}}
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

{{/* Label matchers of the series of the service's pods. */}}
{{- define "common.metricSelector" -}}
job="{{ .Chart.Name }}",app_kubernetes_io_instance="{{ .Release.Name }}",namespace="{{ .Release.Namespace }}"
{{- end -}}

{{- define "common.releaseSelector" -}}
release="{{ .Release.Name }}",namespace="{{ .Release.Namespace }}"
{{- end -}}

{{/* The namespace is explicit, because aggregations drop it and AlertmanagerConfigs match it. */}}
{{- define "common.alertLabels" -}}
service: {{ .Chart.Name }}
release: {{ .Release.Name | quote }}
namespace: {{ .Release.Namespace | quote }}
team: {{ .Values.prometheusRule.team | quote }}
{{- end -}}
