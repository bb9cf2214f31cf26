{{/* nameOverride does not change the selector, so that NetworkPolicies and dashboards still match a renamed service. */}}
{{- define "common.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* `helm test` pods do not match the selector, or they would become endpoints of the service. */}}
{{- define "common.testLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}-test
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* Without the chart version: a change of the chart alone restarts no pods. */}}
{{- define "common.podLabels" -}}
{{- include "common.moreLabels" (list . .Values.podLabels) }}
{{ include "common.selectorLabels" . }}
{{- end -}}

{{/* Labels in addition to the selector's: (list $ $labels). Given labels take precedence over the chart's. */}}
{{- define "common.moreLabels" -}}
{{- $service := first . -}}
{{- $labels := dict "app.kubernetes.io/version" (include "common.version" $service) "app.kubernetes.io/part-of" "my-app" -}}
{{- $labels = mergeOverwrite $labels ($service.Values.commonLabels | default dict) (last . | default dict) -}}
{{- toYaml (omit $labels "app.kubernetes.io/name" "app.kubernetes.io/instance") -}}
{{- end -}}

{{/* The image's tag, the start of its digest, or the appVersion, as a valid label value. */}}
{{- define "common.version" -}}
{{- $digest := .Values.image.digest | default "" | trimPrefix "sha256:" | trunc 12 -}}
{{- $version := coalesce .Values.image.tag $digest (include "common.tag" .) .Chart.AppVersion -}}
{{- include "common.labelValue" $version -}}
{{- end -}}

{{- define "common.labelValue" -}}
{{- . | toString | replace "+" "_" | trunc 63 | trimAll "-_." -}}
{{- end -}}

{{/* Metadata of a resource: (dict "service" $), optionally with name, namespace, labels and annotations. */}}
{{- define "common.metadata" -}}
{{- $service := .service -}}
{{- $chart := include "common.labelValue" (printf "%s-%s" $service.Chart.Name $service.Chart.Version) -}}
{{- $labels := dict "helm.sh/chart" $chart "app.kubernetes.io/managed-by" $service.Release.Service -}}
name: {{ .name | default (include "common.fullname" $service) }}
namespace: {{ .namespace | default $service.Release.Namespace | quote }}
labels:
  {{- .selectorLabels | default (include "common.selectorLabels" $service) | nindent 2 }}
  {{- include "common.moreLabels" (list $service (merge $labels (.labels | default dict))) | nindent 2 }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Metadata of a resource of the release: (dict "root" $ "name" NAME), optionally with labels and annotations. */}}
{{- define "common.releaseMetadata" -}}
name: {{ .name | quote }}
namespace: {{ .root.Release.Namespace | quote }}
labels:
  {{- $own := dict "app.kubernetes.io/part-of" "my-app" "app.kubernetes.io/instance" .root.Release.Name "app.kubernetes.io/managed-by" .root.Release.Service }}
  {{- $chart := include "common.labelValue" (printf "%s-%s" .root.Chart.Name .root.Chart.Version) }}
  {{- toYaml (merge $own (dict "helm.sh/chart" $chart) (.labels | default dict)) | nindent 2 }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
