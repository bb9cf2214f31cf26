{{/* Not changed by nameOverride, so that network policies and dashboards find a renamed service. */}}
{{- define "common.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Of the `helm test` pods: not the selector's, which would make them endpoints of the service. */}}
{{- define "common.testLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* The version is the image's tag where one is given. No chart version: a change of the chart alone restarts no pod. */}}
{{- define "common.podLabels" -}}
{{- include "common.moreLabels" (list . .Values.podLabels) }}
{{ include "common.selectorLabels" . }}
{{- end -}}

{{/* Labels beside the selector's: (list $ $labels). What is given wins over the chart's. */}}
{{- define "common.moreLabels" -}}
{{- $service := first . -}}
{{- $version := include "common.tag" $service | default $service.Chart.AppVersion | replace "+" "_" | trunc 63 | trimAll "-_." -}}
{{- $labels := dict "app.kubernetes.io/version" $version "app.kubernetes.io/part-of" "my-app" -}}
{{- $labels = mergeOverwrite $labels ($service.Values.commonLabels | default dict) (last . | default dict) -}}
{{- toYaml (omit $labels "app.kubernetes.io/name" "app.kubernetes.io/instance") -}}
{{- end -}}

{{/* Metadata of a resource: (dict "service" $), and where they differ from the service's, name, namespace, labels, annotations. */}}
{{- define "common.metadata" -}}
{{- $service := .service -}}
{{- $chart := printf "%s-%s" $service.Chart.Name $service.Chart.Version | replace "+" "_" | trunc 63 -}}
{{- $labels := dict "helm.sh/chart" $chart "app.kubernetes.io/managed-by" $service.Release.Service -}}
name: {{ .name | default (include "common.fullname" $service) }}
namespace: {{ .namespace | default $service.Release.Namespace }}
labels:
  {{- .selectorLabels | default (include "common.selectorLabels" $service) | nindent 2 }}
  {{- include "common.moreLabels" (list $service (merge $labels (.labels | default dict))) | nindent 2 }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
